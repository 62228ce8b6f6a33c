// A certificate request (PKCS #10, RFC 2986) for a P-256 key: an empty name, the key, and the proof of having it. Written out
// by hand, as the agent shall stay small: its parts are fixed but for key and signature.
import { createPublicKey, type KeyObject, sign } from 'node:crypto'

const SEQUENCE = 0x30
const BIT_STRING = 0x03
/** INTEGER 0: version 1. */
const VERSION = Buffer.from([0x02, 0x01, 0x00])
/** A name without parts: who this is, the manager decides. */
const NOBODY = Buffer.from([SEQUENCE, 0x00])
/** [0], no attributes. */
const ATTRIBUTES = Buffer.from([0xa0, 0x00])
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex')

/** DER. */
export function certificateRequest(key: KeyObject): Buffer {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const info = der(SEQUENCE, VERSION, NOBODY, publicKey, ATTRIBUTES)
  const signature = sign('sha256', info, key)
  return der(SEQUENCE, info, ECDSA_SHA256, der(BIT_STRING, Buffer.from([0]), signature))
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const header = length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(header), content])
}
