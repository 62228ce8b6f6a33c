// Finds private keys in PEM form (RFC 7468, OpenSSH, PGP) in a stream of bytes. Only a whole block counts:
// BEGIN at the start of a line (spaces before it allowed), base64, the matching END. The words alone,
// as in libraries, manuals and scripts that look for keys, do not.

const MARK = '-----BEGIN '
/** Longest block that is recognised: an RSA key of 16384 bits has 13 KB. */
const MAX_BLOCK = 64 << 10
const BEGIN = /^-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?)-----[ \t]*\r?\n/
const HEADER_LINE = /^[A-Za-z][A-Za-z0-9-]*: /
const BASE64_LINE = /^[A-Za-z0-9+/]+={0,2}$/
/** Base64 digits of the shortest real key (Ed25519 has 64). */
const MIN_BODY = 40
/** Bytes kept before a block, to see where its line begins. */
const LEAD = 256

export class PemScanner {
  #held: Buffer = Buffer.alloc(0)

  /** The label of the first private key in what was pushed so far; undefined while there is none. */
  push(chunk: Buffer, position: 'more' | 'last'): string | undefined {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + 1)) {
      if (position === 'more' && at + MAX_BLOCK > bytes.length) {
        this.#held = Buffer.from(bytes.subarray(Math.max(0, at - LEAD)))
        return undefined
      }
      const label = privateKeyAt(bytes, at)
      if (label !== undefined) return label
    }
    this.#held = Buffer.from(bytes.subarray(Math.max(0, bytes.length - MARK.length - LEAD)))
    return undefined
  }
}

function privateKeyAt(bytes: Buffer, at: number): string | undefined {
  let lineStart = at
  while (lineStart > 0 && (bytes[lineStart - 1] === 0x20 || bytes[lineStart - 1] === 0x09)) lineStart--
  if (lineStart > 0 && bytes[lineStart - 1] !== 0x0a && bytes[lineStart - 1] !== 0x0d) return undefined
  const label = BEGIN.exec(bytes.toString('latin1', at, Math.min(bytes.length, at + 128)))?.[1]
  if (label === undefined) return undefined
  const text = bytes.toString('latin1', at, Math.min(bytes.length, at + MAX_BLOCK))
  const end = text.indexOf(`-----END ${label}-----`)
  if (end === -1) return undefined
  const lines = text
    .slice(text.indexOf('\n') + 1, end)
    .split('\n')
    .map((line) => line.trim())
  const body = lines.filter((line) => line !== '' && !HEADER_LINE.test(line))
  // PGP ends with a checksum of its own: "=" and four digits.
  const real = body.every((line) => BASE64_LINE.test(line) || /^=[A-Za-z0-9+/]{4}$/.test(line))
  return real && body.join('').length >= MIN_BODY ? label : undefined
}
