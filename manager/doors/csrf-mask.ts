// The token of a page's forms, other in each answer: what is compressed tells by its length what in it is alike, and a secret that is never
// alike tells nothing (BREACH). Pure.

/** `mask`: random, as many bytes as the token has characters. */
export function masked(token: string, mask: Buffer): string {
  const bytes = Buffer.from(token)
  if (mask.length !== bytes.length) throw new Error(`a mask of ${mask.length} bytes for a token of ${bytes.length}`)
  return Buffer.concat([mask, xor(bytes, mask)]).toString('base64url')
}

/** Of what is none, nothing that is a token. */
export function unmasked(shown: string): string {
  const bytes = Buffer.from(shown.slice(0, 1024), 'base64url')
  const half = bytes.length >> 1
  return xor(bytes.subarray(half), bytes.subarray(0, half)).toString()
}

function xor(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] ?? 0)))
}
