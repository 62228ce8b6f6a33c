// What a selector says, as a tree, and the one way to write it down. The grammar:
//   selector = term {"," term}      term = ["-"] what      what = name | "@" group | (name | "@" group) "/" guest
// Names, groups and guests are patterns: text, "*" any letters, "?" one letter, "[01-20]" or "[1,3-5]" numbers; "\" takes the next
// character as it is. "-" leaves out: "!" would be eaten by bash's history, and a name never begins with "-".

/** From 1, `first` to `last`; shorter numbers are padded with zeros to `width` digits. */
export interface NumberRange {
  readonly first: number
  readonly last: number
  /** 0: no number is padded. */
  readonly width: number
}

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'one' }
  | { readonly kind: 'numbers'; readonly ranges: readonly NumberRange[] }

/** Never empty; no two texts in a row. */
export type Pattern = readonly Piece[]

export type What =
  /** Hosts or guests, as the command takes the ones or the others. */
  | { readonly kind: 'named'; readonly name: Pattern }
  | { readonly kind: 'group'; readonly group: Pattern }
  | { readonly kind: 'guests'; readonly on: Exclude<What, { readonly kind: 'guests' }>; readonly guest: Pattern }

export interface Term {
  readonly kind: 'take' | 'leave'
  readonly what: What
  /** Where it begins in the text, from 0. */
  readonly at: number
}

export interface Selector {
  readonly text: string
  /** Never empty, and never begins with one to leave. */
  readonly terms: readonly Term[]
}

/** `at`: the character that is wrong, from 0; the reason says it from 1. */
export interface SelectorRefusal {
  readonly kind: 'refused'
  readonly at: number
  readonly reason: string
}

export function refuseAt(at: number, reason: string): SelectorRefusal {
  return { kind: 'refused', at, reason: `${reason} (at character ${at + 1})` }
}

/** Reads back as the same selector. */
export function describeSelector({ terms }: Selector): string {
  return terms.map(describeTerm).join(',')
}

export function describeTerm({ kind, what }: Term): string {
  return `${kind === 'leave' ? '-' : ''}${describeWhat(what)}`
}

export function describePattern(pattern: Pattern): string {
  return pattern.map(describePiece).join('')
}

function describeWhat(what: What): string {
  switch (what.kind) {
    case 'named':
      return describePattern(what.name).replace(/^[-@]/, '\\$&')
    case 'group':
      return `@${describePattern(what.group)}`
    case 'guests':
      return `${describeWhat(what.on)}/${describePattern(what.guest)}`
  }
}

function describePiece(piece: Piece): string {
  switch (piece.kind) {
    case 'text':
      return piece.text.replace(/[\s,/*?[\]\\]/g, '\\$&')
    case 'any':
      return '*'
    case 'one':
      return '?'
    case 'numbers':
      return `[${piece.ranges.map(describeRange).join(',')}]`
  }
}

function describeRange({ first, last, width }: NumberRange): string {
  const [from, to] = [first, last].map((number) => String(number).padStart(width, '0'))
  return first === last ? `${from}` : `${from}-${to}`
}
