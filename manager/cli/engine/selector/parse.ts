// Text → selector. Everything is bounded before it is kept: a range of a billion is refused, not counted through.
import {
  type NumberRange,
  type Pattern,
  type Piece,
  refuseAt,
  type Selector,
  type SelectorRefusal,
  type Term,
  type What,
} from './syntax.ts'

/** UTF-16 units of text; names that the ranges of a selector stand for, together. */
export const MAX_SELECTOR = { length: 4096, names: 10_000 } as const

export type ParsedSelector = { readonly kind: 'selector'; readonly selector: Selector } | SelectorRefusal

export function parseSelector(text: string): ParsedSelector {
  if (text.length > MAX_SELECTOR.length) {
    return refuseAt(MAX_SELECTOR.length, `a selector has at most ${MAX_SELECTOR.length} characters, not ${text.length}`)
  }
  try {
    return { kind: 'selector', selector: { text, terms: new Parser(text).terms() } }
  } catch (error) {
    if (error instanceof Refused) return refuseAt(error.at, error.message)
    throw error
  }
}

class Refused extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

class Parser {
  readonly #text: string
  #at = 0
  /** How many names may still come. */
  #names: number = MAX_SELECTOR.names

  constructor(text: string) {
    this.#text = text
  }

  terms(): readonly Term[] {
    const terms = [this.#term()]
    while (this.#take(',')) terms.push(this.#term())
    if (this.#at < this.#text.length) throw this.#refused(`"${this.#next()}" cannot stand here`)
    const [first] = terms
    if (first?.kind === 'leave') {
      throw new Refused(first.at, 'say first what to take and then what to leave out, as in *,-node03')
    }
    return terms
  }

  #term(): Term {
    this.#skipSpace()
    const at = this.#at
    const kind = this.#take('-') ? 'leave' : 'take'
    const what = this.#what()
    this.#skipSpace()
    return { kind, what, at }
  }

  #what(): What {
    const on = this.#take('@') ? ({ kind: 'group', group: this.#pattern('a group') } as const) : this.#named()
    return this.#take('/') ? { kind: 'guests', on, guest: this.#pattern('a guest') } : on
  }

  #named(): Exclude<What, { readonly kind: 'guests' }> {
    return { kind: 'named', name: this.#pattern('a name') }
  }

  #pattern(what: string): Pattern {
    const begin = this.#at
    const pieces: Piece[] = []
    for (let piece = this.#piece(); piece; piece = this.#piece()) {
      const last = pieces.at(-1)
      if (piece.kind === 'text' && last?.kind === 'text') pieces[pieces.length - 1] = { kind: 'text', text: last.text + piece.text }
      else pieces.push(piece)
    }
    if (pieces.length === 0) throw this.#refused(`${what} is missing`)
    this.#count(pieces, begin)
    return pieces
  }

  /** Undefined at the end of a pattern. */
  #piece(): Piece | undefined {
    const next = this.#next()
    if (next === undefined || next === ',' || next === '/' || this.#isTrailingSpace()) return undefined
    if (next === ']') throw this.#refused('"]" without a "[" before it')
    if (this.#take('*')) return { kind: 'any' }
    if (this.#take('?')) return { kind: 'one' }
    if (this.#take('[')) return { kind: 'numbers', ranges: this.#ranges() }
    if (this.#take('\\') && this.#next() === undefined) throw this.#refused('after "\\" a character is missing')
    const letter = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
    this.#at += letter.length
    return { kind: 'text', text: letter }
  }

  #ranges(): readonly NumberRange[] {
    const ranges = [this.#range()]
    while (this.#take(',')) ranges.push(this.#range())
    if (!this.#take(']')) {
      throw this.#refused(
        this.#next() === undefined ? 'a "]" is missing' : 'in brackets stand numbers and ranges, as in [01-20] or [1,3-5]',
      )
    }
    return ranges
  }

  #range(): NumberRange {
    const at = this.#at
    const first = this.#digits()
    const last = this.#take('-') ? this.#digits() : first
    const [from, to] = [Number(first), Number(last)]
    if (to < from) throw new Refused(at, `the range ${first}-${last} runs backwards`)
    const padded = Math.max(0, ...[first, last].filter((digits) => /^0\d/.test(digits)).map((digits) => digits.length))
    return { first: from, last: to, width: String(from).length >= padded ? 0 : padded }
  }

  #digits(): string {
    const [digits = ''] = /^\d*/.exec(this.#text.slice(this.#at, this.#at + 16)) ?? []
    if (digits === '') throw this.#refused('in brackets stand numbers and ranges, as in [01-20] or [1,3-5]')
    if (digits.length > 10) throw this.#refused('a number in brackets has at most 10 digits')
    this.#at += digits.length
    return digits
  }

  #count(pieces: readonly Piece[], at: number): void {
    const names = pieces.reduce((product, piece) => product * (piece.kind === 'numbers' ? countOf(piece.ranges) : 1), 1)
    if (names > this.#names) throw new Refused(at, `the ranges stand for more than ${MAX_SELECTOR.names} names`)
    if (names > 1) this.#names -= names
  }

  #next(): string | undefined {
    return this.#text[this.#at]
  }

  #take(character: string): boolean {
    if (this.#next() !== character) return false
    this.#at += 1
    return true
  }

  #skipSpace(): void {
    while (/\s/.test(this.#next() ?? '')) this.#at += 1
  }

  /** Only space from here to the end of the term. */
  #isTrailingSpace(): boolean {
    return /^\s+(,|$)/.test(this.#text.slice(this.#at))
  }

  #refused(message: string): Refused {
    return new Refused(this.#at, message)
  }
}

function countOf(ranges: readonly NumberRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + (last - first + 1), 0)
}
