// A key of this migration, with its certificate: made once, as a second certificate of the same key would have another pin.
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { pem, pinOf, selfSigned } from '../certificate.ts'

export interface Identity {
  /** PEM: the key, then the certificate. */
  readonly key: string
  readonly pin: string
}

export function newIdentity(): Identity {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return identityOf(`${privateKey.export({ type: 'pkcs8', format: 'pem' })}${pem(selfSigned(privateKey))}`)
}

/** Of what was written down of one. Throws when it is none. */
export function identityOf(key: string): Identity {
  createPrivateKey(key)
  return { key, pin: pinOf(new X509Certificate(key).raw) }
}
