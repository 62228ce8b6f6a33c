// A certificate that nobody has signed but its own key (RFC 5280, version 1, P-256): it says nothing of who that is. Whoever knows its pin,
// the SHA-256 of its DER, knows. Valid at any time: hosts' clocks may be wrong, and it lives as long as its migration. Written out by
// hand, as certificate-request.ts is.
import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'

const SEQUENCE = 0x30
const BIT_STRING = 0x03
const SERIAL = Buffer.from([0x02, 0x01, 0x01])
const NOBODY = Buffer.from([SEQUENCE, 0x00])
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')
/** RFC 5280, 4.1.2.5: no end that is known. */
const ALWAYS = der(SEQUENCE, der(0x17, Buffer.from('200101000000Z')), der(0x18, Buffer.from('99991231235959Z')))

/** DER. */
export function selfSigned(key: KeyObject): Buffer {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const body = der(SEQUENCE, SERIAL, ECDSA_SHA256, NOBODY, ALWAYS, NOBODY, publicKey)
  return der(SEQUENCE, body, ECDSA_SHA256, der(BIT_STRING, Buffer.from([0]), sign('sha256', body, key)))
}

export function pinOf(certificate: Buffer): string {
  return createHash('sha256').update(certificate).digest('hex')
}

export function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}
