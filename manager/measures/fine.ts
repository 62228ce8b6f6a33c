// The last hour of things, sample by sample, in memory alone. So many samples of so many things: of more things those keep theirs that
// somebody has looked at last.
import { round } from './bucket.ts'
import { MEASURES, type Measured } from './measure.ts'
import type { Points } from './points.ts'

export const HOUR = 3600_000
/** Of one thing: an hour of one each five seconds. */
export const MOST_SAMPLES = 720
/** With 32 KB each. */
export const MOST_THINGS = 2048

/** Between samples that follow each other: what a busy manager and a slow network may be late. */
const LATE = 5_000

/** A ring: the newest takes the place of the oldest. */
class Ring {
  readonly #at = new Float64Array(MOST_SAMPLES)
  readonly #span = new Float32Array(MOST_SAMPLES)
  /** NaN: not known. */
  readonly #values = new Float32Array(MOST_SAMPLES * MEASURES.length)
  #count = 0

  add(at: number, span: number, measured: Measured): void {
    const place = this.#count % MOST_SAMPLES
    this.#at[place] = at
    this.#span[place] = span
    let index = place * MEASURES.length
    for (const name of MEASURES) {
      this.#values[index] = measured[name] ?? Number.NaN
      index += 1
    }
    this.#count += 1
  }

  get newest(): number {
    return this.#at[(this.#count + MOST_SAMPLES - 1) % MOST_SAMPLES] ?? 0
  }

  points(from: number, since: number, until: number): Points {
    const times: number[] = []
    const means: (number | null)[][] = MEASURES.map(() => [])
    let before: number | undefined
    let nextGap = Number.POSITIVE_INFINITY
    for (const place of this.#inOrder(until)) {
      const [at = 0, span = 0] = [this.#at[place], this.#span[place]]
      if (at < from) continue
      const isGap = before !== undefined && at - before > 1.5 * span + LATE
      const gapAt = at - span
      if (isGap && gapAt >= since) {
        times.push(gapAt)
        for (const line of means) line.push(null)
      }
      before = at
      nextGap = at + span > since && until - at > 1.5 * span + LATE ? at + span : Number.POSITIVE_INFINITY
      if (at < since) continue
      times.push(at)
      for (const [index, line] of means.entries()) {
        const value = this.#values[place * MEASURES.length + index] ?? Number.NaN
        line.push(Number.isNaN(value) ? null : round(value))
      }
    }
    // What was told last is not how it is now.
    if (nextGap <= until) {
      times.push(nextGap)
      for (const line of means) line.push(null)
    }
    return { from, until, times, mean: means, most: undefined }
  }

  /**
   * Places, up to a time. Where the manager's clock was put back a time comes again: what was told of it before is left out, as what is
   * out of order would be drawn backwards.
   */
  #inOrder(until: number): readonly number[] {
    const places: number[] = []
    let after = until + 1
    for (let count = this.#count - 1; count >= Math.max(0, this.#count - MOST_SAMPLES); count -= 1) {
      const place = count % MOST_SAMPLES
      const at = this.#at[place] ?? 0
      if (at >= after) continue
      after = at
      places.push(place)
    }
    return places.reverse()
  }
}

export class FineBook {
  readonly #most: number
  /** Looked at last is last. */
  readonly #rings = new Map<string, Ring>()

  constructor(most = MOST_THINGS) {
    this.#most = most
  }

  /** At most so many. */
  get size(): number {
    return this.#rings.size
  }

  /** `span`: ms that the sample was taken over. */
  add(thing: string, at: number, span: number, measured: Measured): void {
    const ring = this.#rings.get(thing) ?? this.#begin(thing)
    ring?.add(at, span, measured)
  }

  /** From then on; where there is a gap a point of nulls stands in it. A thing that had no room for its samples has some from now on. */
  look(thing: string, since: number, now: number): Points {
    const ring = this.#rings.get(thing) ?? new Ring()
    this.#rings.delete(thing)
    const [first] = this.#rings.keys()
    if (this.#rings.size >= this.#most && first !== undefined) this.#rings.delete(first)
    this.#rings.set(thing, ring)
    return ring.points(now - HOUR, Math.max(since, now - HOUR), now)
  }

  /** What was not measured for an hour is gone. */
  forget(now: number): void {
    for (const [thing, ring] of this.#rings) if (Math.abs(now - ring.newest) > HOUR) this.#rings.delete(thing)
  }

  #begin(thing: string): Ring | undefined {
    if (this.#rings.size >= this.#most) return undefined
    const ring = new Ring()
    this.#rings.set(thing, ring)
    return ring
  }
}
