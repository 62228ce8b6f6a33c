// The netascii of RFC 1350 (RFC 764): a line ends with CR LF, a lone CR is CR NUL.
// Small texts only: what a person fetches by hand. Boot loaders ask for octet.

const LF = 10
const CR = 13

/** Largest file that is translated, in bytes: it is held in memory. */
export const LARGEST_NETASCII = 64 * 1024

export function toNetascii(bytes: Uint8Array): Buffer {
  const translated = Buffer.allocUnsafe(bytes.length * 2)
  let length = 0
  for (const byte of bytes) {
    if (byte === LF) translated[length++] = CR
    translated[length++] = byte
    if (byte === CR) translated[length++] = 0
  }
  return translated.subarray(0, length)
}
