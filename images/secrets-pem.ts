// Finds private keys in PEM form (RFC 7468, OpenSSH, PGP, OpenVPN) in a stream of bytes: in lines, or escaped in a string of
// JSON, of a shell or of a program. Only a whole block counts: BEGIN, base64, the matching END. The words alone, as in
// libraries, manuals and scripts that look for keys, do not.

const MARK = '-----BEGIN '
/** Longest block that is recognised: an RSA key of 16384 bits has 13 KB. */
const MAX_BLOCK = 64 << 10
const BEGIN = /^-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1|OpenVPN tls-crypt-v2 (?:client|server) key)-----/
const HEADER_LINE = /^[A-Za-z][A-Za-z0-9-]*: /
const BASE64_LINE = /^[A-Za-z0-9+/]+={0,2}$/
/** Base64 digits of the shortest real key (Ed25519 has 64). */
const MIN_BODY = 40

export class PemScanner {
  #held: Buffer = Buffer.alloc(0)

  /** The label of the first private key in what was pushed so far; undefined while there is none. */
  push(chunk: Buffer, position: 'more' | 'last'): string | undefined {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + 1)) {
      if (position === 'more' && at + MAX_BLOCK > bytes.length) {
        this.#held = Buffer.from(bytes.subarray(at))
        return undefined
      }
      const label = privateKeyAt(bytes, at)
      if (label !== undefined) return label
    }
    this.#held = Buffer.from(bytes.subarray(Math.max(0, bytes.length - MARK.length)))
    return undefined
  }
}

function privateKeyAt(bytes: Buffer, at: number): string | undefined {
  const [begin = '', label] = BEGIN.exec(bytes.toString('latin1', at, Math.min(bytes.length, at + 128))) ?? []
  if (label === undefined) return undefined
  const text = bytes.toString('latin1', at, Math.min(bytes.length, at + MAX_BLOCK))
  const end = text.indexOf(`-----END ${label}-----`)
  if (end === -1) return undefined
  const body = linesOf(text.slice(begin.length, end)).filter((line) => line !== '' && !HEADER_LINE.test(line))
  // PGP ends with a checksum of its own: "=" and four digits.
  const real = body.every((line) => BASE64_LINE.test(line) || /^=[A-Za-z0-9+/]{4}$/.test(line))
  return real && body.join('').length >= MIN_BODY ? label : undefined
}

/** Escapes of strings undone, also twice escaped ones (JSON in JSON); quotes and joints of programs taken away. */
function linesOf(text: string): readonly string[] {
  const plain = text
    .replace(/\\+u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+[rn]/g, '\n')
    .replace(/\\+\//g, '/')
  const lines = plain.split(/[\r\n]/).map((line) => line.replace(/^[\s"'#>|]+|[\s"'+,;.\\]+$/g, ''))
  // A variable of an environment file has blanks for line ends.
  return lines.flatMap((line) => (HEADER_LINE.test(line) ? [line] : line.split(/[ \t]+/)))
}
