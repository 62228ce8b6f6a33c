// Numbers that look random and follow from a text alone: the same text gives the same numbers on every machine and at every time.
import { createHash } from 'node:crypto'

export interface Dice {
  /** A whole number from `first` to `last`, both included. */
  between(first: number, last: number): number
  /** True with this probability, 0 to 1. */
  happens(probability: number): boolean
  one<Item>(items: readonly [Item, ...Item[]]): Item
  /** So many hexadecimal digits, lower case. */
  hex(digits: number): string
}

/** Each name of one seed has its own numbers, whatever others were drawn before. */
export function diceOf(...names: readonly (string | number)[]): Dice {
  let state = createHash('sha256').update(names.join('\0')).digest().readUInt32LE(0)
  // mulberry32: 32 bits of state, good enough to tell machines apart.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (first: number, last: number): number => first + Math.floor(next() * (last - first + 1))
  return {
    between,
    happens: (probability) => next() < probability,
    one: (items) => items[between(0, items.length - 1)] ?? items[0],
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(''),
  }
}

/** Version 4 (RFC 9562) in form. */
export function uuidOf(dice: Dice): string {
  return `${dice.hex(8)}-${dice.hex(4)}-4${dice.hex(3)}-a${dice.hex(3)}-${dice.hex(12)}`
}

/** LVM's own form. */
export function lvmUuidOf(dice: Dice): string {
  return [6, 4, 4, 4, 4, 4, 6].map((length) => dice.hex(length)).join('-')
}

const ODD = 0x9e3779

/** Three bytes of a maker and three of the number: different below 2^24, as the hosts of one pool must be. */
export function macOf(maker: string, number: number): string {
  const scrambled = (Math.imul(number, ODD) & 0xffffff).toString(16).padStart(6, '0')
  return `${maker}:${scrambled.replace(/(..)(?!$)/g, '$1:')}`
}
