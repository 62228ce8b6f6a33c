// Which names a pattern means. Time grows with the length of name and pattern, never faster: no pattern can make it stand still.
import type { NumberRange, Pattern, Piece } from './syntax.ts'

export function matches(pattern: Pattern, name: string): boolean {
  let ends: readonly number[] = [0]
  for (const piece of pattern) {
    ends = piece.kind === 'any' ? allFrom(Math.min(...ends), name) : [...new Set(ends.flatMap((from) => endsOf(piece, name, from)))]
    if (ends.length === 0) return false
  }
  return ends.includes(name.length)
}

/** The names that a pattern without wildcards stands for; undefined with them. */
export function namesOf(pattern: Pattern): readonly string[] | undefined {
  let names: readonly string[] = ['']
  for (const piece of pattern) {
    const parts = piece.kind === 'text' ? [piece.text] : piece.kind === 'numbers' ? numbersOf(piece.ranges) : undefined
    if (!parts) return undefined
    names = names.flatMap((name) => parts.map((part) => name + part))
  }
  return [...new Set(names)]
}

/** Where the piece may end that begins at `from`. */
function endsOf(piece: Exclude<Piece, { readonly kind: 'any' }>, name: string, from: number): readonly number[] {
  switch (piece.kind) {
    case 'text':
      return name.startsWith(piece.text, from) ? [from + piece.text.length] : []
    case 'one': {
      const letter = name.codePointAt(from)
      return letter === undefined ? [] : [from + String.fromCodePoint(letter).length]
    }
    case 'numbers': {
      const [digits = ''] = /^\d{0,10}/.exec(name.slice(from, from + 10)) ?? []
      const lengths = Array.from(digits, (_, index) => index + 1)
      return lengths.filter((length) => isAmong(piece.ranges, digits.slice(0, length))).map((length) => from + length)
    }
  }
}

function allFrom(from: number, name: string): readonly number[] {
  return Array.from({ length: name.length - from + 1 }, (_, index) => from + index)
}

function isAmong(ranges: readonly NumberRange[], digits: string): boolean {
  const number = Number(digits)
  return ranges.some((range) => number >= range.first && number <= range.last && digits === write(number, range))
}

function numbersOf(ranges: readonly NumberRange[]): readonly string[] {
  return ranges.flatMap((range) => Array.from({ length: range.last - range.first + 1 }, (_, index) => write(range.first + index, range)))
}

function write(number: number, { width }: NumberRange): string {
  return String(number).padStart(width, '0')
}
