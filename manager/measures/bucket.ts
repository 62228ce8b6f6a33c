// Five minutes of a thing as a mean and the most of each measure: counted sample by sample, added up where there are two parts of it
// (before and after a restart of the manager, or a move of the guest), and written down as few numbers. Pure.
import { z } from 'zod'
import { MEASURES, type Measured } from './measure.ts'

/** Milliseconds. */
export const BUCKET = 300_000

export const bucketOf = (at: number): number => Math.floor(at / BUCKET) * BUCKET

export interface Entry {
  /** How long it was measured, s: the rest of the five minutes is a gap. */
  readonly seconds: number
  readonly mean: readonly (number | null)[]
  readonly most: readonly (number | null)[]
}

const COUNT = MEASURES.length

/** What is being counted: of one thing and one bucket. */
export class Tally {
  /** Of each measure the ms in which it was known; its value times these; its most. Half a million guests have one: it is small. */
  readonly #numbers = new Float32Array(3 * COUNT)

  /** `milliseconds`: what the sample was taken over. */
  add(measured: Measured, milliseconds: number): void {
    const numbers = this.#numbers
    let index = -1
    for (const name of MEASURES) {
      index += 1
      const value = measured[name]
      if (value === null) continue
      numbers[index] = (numbers[index] ?? 0) + milliseconds
      numbers[index + COUNT] = (numbers[index + COUNT] ?? 0) + value * milliseconds
      if (value > (numbers[index + 2 * COUNT] ?? 0)) numbers[index + 2 * COUNT] = value
    }
  }

  entry(): Entry {
    const [known, sums, most] = [0, COUNT, 2 * COUNT].map((from) => [...this.#numbers.subarray(from, from + COUNT)])
    const ifKnown = (values: readonly number[] | undefined, of: (value: number, milliseconds: number) => number) =>
      MEASURES.map((_, at) => (known?.[at] ? round(of(values?.[at] ?? 0, known[at])) : null))
    return {
      seconds: Math.round(Math.max(...(known ?? [])) / 1000),
      mean: ifKnown(sums, (sum, milliseconds) => sum / milliseconds),
      most: ifKnown(most, (value) => value),
    }
  }
}

/** Of two parts of one bucket, whichever comes first. */
export function together(a: Entry, b: Entry): Entry {
  const [left, right] = [Math.max(1, a.seconds), Math.max(1, b.seconds)]
  return {
    seconds: Math.min(BUCKET / 1000, a.seconds + b.seconds),
    mean: MEASURES.map((_, at) => both(a.mean[at], b.mean[at], (one, other) => round((one * left + other * right) / (left + right)))),
    most: MEASURES.map((_, at) => both(a.most[at], b.most[at], Math.max)),
  }
}

function both(a: number | null | undefined, b: number | null | undefined, of: (a: number, b: number) => number): number | null {
  if (typeof a !== 'number') return b ?? null
  return typeof b === 'number' ? of(a, b) : a
}

/** As it is kept: seconds, the means, the most of each. */
export function numbersOf({ seconds, mean, most }: Entry): readonly (number | null)[] {
  return [seconds, ...mean, ...most]
}

const kept = z.array(z.number().nonnegative().nullable()).length(1 + 2 * MEASURES.length)

/** Undefined for what nobody has written like this. */
export function entryOf(numbers: unknown): Entry | undefined {
  const { data } = kept.safeParse(numbers)
  if (!data) return undefined
  const [seconds, ...rest] = data
  return { seconds: seconds ?? 0, mean: rest.slice(0, MEASURES.length), most: rest.slice(MEASURES.length) }
}

/** Four digits are more than a chart shows, and fewer than a number has. Of half a million guests toPrecision takes too long. */
export function round(value: number): number {
  if (value === 0) return 0
  const power = Math.max(-9, Math.floor(Math.log10(value)) - 3)
  // A whole power of ten is exact, its inverse is not.
  return power < 0 ? Math.round(value * 10 ** -power) / 10 ** -power : Math.round(value / 10 ** power) * 10 ** power
}
