// Who this host is to the manager: a key that never leaves this process, and the newest certificate for it.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { HOST_URN } from '../../../manager/protocol/renewal.ts'

export interface Identity {
  readonly host: string
  readonly key: KeyObject
  /** PEM: the host's and those above it. */
  readonly certificates: string
}

/** Undefined when these are no certificates of a host for this key. `certificates`: DER in base64. */
export function identityFrom(key: KeyObject, certificates: readonly string[]): Identity | undefined {
  try {
    const [own, ...above] = certificates.map((text) => new X509Certificate(Buffer.from(text, 'base64')))
    if (!own?.checkPrivateKey(createPrivateKey({ key: key.export({ type: 'pkcs8', format: 'der' }), format: 'der', type: 'pkcs8' })))
      return undefined
    const [, host] = new RegExp(`^URI:${HOST_URN}([a-z2-7]{16})$`).exec(own.subjectAltName ?? '') ?? []
    return host === undefined ? undefined : { host, key, certificates: [own, ...above].map((one) => one.toString()).join('') }
  } catch {
    return undefined
  }
}
