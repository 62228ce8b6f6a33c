// A key of this migration, with its certificate.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { pem, pinOf, selfSigned } from '../certificate.ts'

export interface Identity {
  /** PEM, both. */
  readonly key: string
  readonly certificate: string
  readonly pin: string
}

export function newIdentity(): Identity {
  return identityOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/** Of a key in PEM. */
export function identityOf(key: string): Identity {
  const certificate = selfSigned(createPrivateKey(key))
  return { key, certificate: pem(certificate), pin: pinOf(certificate) }
}
