// What an SMTP server says (RFC 5321, 4.2), out of the bytes that come: so much and no more. Pure.

export interface Reply {
  readonly code: number
  /** Without the code, one a line. */
  readonly lines: readonly string[]
}

export type Heard =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'unfinished' }
  /** It is no SMTP server, or a hostile one. */
  | { readonly kind: 'nonsense'; readonly reason: string }

/** Of one reply. RFC 5321 allows lines of 512 bytes. */
const MOST_BYTES = 16_384
const MOST_LINES = 100

export class Replies {
  #text = ''
  #lines: string[] = []
  #bytes = 0

  take(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString('latin1')
  }

  /** Whether something has come that nobody has heard yet. */
  get hasMore(): boolean {
    return this.#text !== '' || this.#lines.length > 0
  }

  /** The next reply, each once. */
  next(): Heard {
    for (;;) {
      const end = this.#text.indexOf('\n')
      if (this.#bytes + (end < 0 ? this.#text.length : end) > MOST_BYTES) return nonsense(`a reply of more than ${MOST_BYTES} bytes`)
      if (end < 0) return { kind: 'unfinished' }
      const line = this.#text.slice(0, end).replace(/\r$/, '')
      this.#text = this.#text.slice(end + 1)
      this.#bytes += end + 1
      const [, digits = '', mark = '', said = ''] = /^([2-5]\d\d)([ -]?)(.*)$/.exec(line) ?? []
      if (digits === '') return nonsense(`a line that is no SMTP: ${JSON.stringify(line.slice(0, 80))}`)
      this.#lines.push(said)
      if (this.#lines.length > MOST_LINES) return nonsense(`a reply of more than ${MOST_LINES} lines`)
      if (mark === '-') continue
      const reply = { code: Number(digits), lines: this.#lines }
      this.#lines = []
      this.#bytes = 0
      return { kind: 'reply', reply }
    }
  }
}

function nonsense(reason: string): Heard {
  return { kind: 'nonsense', reason }
}

/** The words behind a keyword of EHLO's answer; undefined: it does not have it. */
export function extension({ lines }: Reply, keyword: string): readonly string[] | undefined {
  for (const line of lines.slice(1)) {
    const [first = '', ...words] = line
      .trim()
      .toUpperCase()
      .split(/[\s=]+/)
    if (first === keyword) return words
  }
  return undefined
}
