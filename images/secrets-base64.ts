// Private keys in base64, as strings of JSON or YAML: a PEM that was encoded once more (kubeconfig's client-key-data), or DER without
// PEM's lines (Traefik's acme.json).
import { binaryKey } from './secrets-binary.ts'
import { PemScanner } from './secrets-pem.ts'

/** `-----BEGIN`, and a SEQUENCE of DER. */
const PEM = /LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}/g
const DER = /["'](M[A-P][A-Za-z0-9+/]{40,}={0,2})["']/g

/** For people; undefined when there is none. `whole`: all bytes, or the first MiB. */
export function encodedKey(whole: Buffer): string | undefined {
  const text = whole.toString('latin1')
  for (const [found] of whole.includes('LS0tLS1CRUdJTi') ? text.matchAll(PEM) : []) {
    const label = new PemScanner().push(Buffer.from(found, 'base64'), 'last')
    if (label !== undefined) return `a PEM block "${label}" in base64`
  }
  for (const [, found = ''] of text.matchAll(DER)) {
    const key = binaryKey(Buffer.from(found, 'base64'), '')
    if (key !== undefined) return `${key}, in base64`
  }
  return undefined
}
