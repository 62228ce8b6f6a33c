// Sets of bits as lists of 32-bit words. Words that a list lacks count as 0, so that policies of unequal length compare.

/** Each from 0 to 2^32 - 1. */
export type Words = readonly number[]

export function intersection(a: Words, b: Words): Words {
  return combine(a, b, (left, right) => left & right)
}

export function union(a: Words, b: Words): Words {
  return combine(a, b, (left, right) => left | right)
}

/** What is in `a` and not in `b`. */
export function difference(a: Words, b: Words): Words {
  return combine(a, b, (left, right) => left & ~right)
}

/** The same text for the same set, whatever the number of words; empty for the empty set. */
export function keyOf(words: Words): string {
  return words
    .map((word) => word.toString(16))
    .join(':')
    .replace(/((?:^|:)0)+$/, '')
}

export function bitsOf(words: Words): readonly { readonly word: number; readonly bit: number }[] {
  return words.flatMap((value, word) => BITS.filter((bit) => ((value >>> bit) & 1) === 1).map((bit) => ({ word, bit })))
}

export function wordsOf(bits: readonly { readonly word: number; readonly bit: number }[]): Words {
  const words: number[] = Array.from({ length: Math.max(0, ...bits.map(({ word }) => word + 1)) }, () => 0)
  for (const { word, bit } of bits) words[word] = ((words[word] ?? 0) | (1 << bit)) >>> 0
  return words
}

const BITS: readonly number[] = Array.from({ length: 32 }, (_, bit) => bit)

function combine(a: Words, b: Words, operation: (left: number, right: number) => number): Words {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => operation(a[index] ?? 0, b[index] ?? 0) >>> 0)
}
