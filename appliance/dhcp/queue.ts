// What waits to be answered, in the order in which it is: whom we know first, then strangers, so that a flood of them keeps no host of ours
// from booting; of each, who takes an offer before who asks for one, so that no exchange that was begun is lost to others that are not.
// Each class in its order, until we are late: then the newest first, as the others have asked again since or soon will. Bounded: where
// there is no room the oldest of its class goes. Pure.

/** taking: known, by a REQUEST. begun: nobody that we know, but with an offer of ours, which it takes. */
export type Standing = 'taking' | 'known' | 'begun' | 'unknown'

export interface QueueLimits {
  /** Of both classes of known machines. */
  readonly known: number
  /** Of both classes of strangers. */
  readonly unknown: number
}

/** A rack of strangers that is switched on asks at the same moment. */
const LIMITS: QueueLimits = { known: 4096, unknown: 2048 }
const ORDER = ['taking', 'known', 'begun', 'unknown'] as const

/** How long (ms) the oldest may have waited before the newest goes first: well within what the most hasty firmware waits, a second. */
export const LATE = 500
/** What waited longer (ms) is not answered: its client has asked again by now, or given up. */
export const TOO_LATE = 4000

export class ReceiveQueue<Item> {
  readonly #waiting: Readonly<Record<Standing, Waiting<Item>>>
  #dropped = 0

  constructor(limits = LIMITS) {
    this.#waiting = {
      taking: new Waiting(limits.known),
      known: new Waiting(limits.known),
      begun: new Waiting(limits.unknown),
      unknown: new Waiting(limits.unknown),
    }
  }

  /** `at`: milliseconds of any clock that never goes back. */
  push(item: Item, standing: Standing, at = 0): void {
    this.#dropped += this.#waiting[standing].push(item, at)
  }

  /** The next to be answered, and whose it is; undefined when nothing waits. */
  take(now = 0): { readonly item: Item; readonly standing: Standing } | undefined {
    for (const standing of ORDER) {
      const waiting = this.#waiting[standing]
      this.#dropped += waiting.dropUntil(now - TOO_LATE)
      const next = waiting.take(now - LATE)
      if (next) return { item: next.item, standing }
    }
    return undefined
  }

  get isEmpty(): boolean {
    return ORDER.every((standing) => this.#waiting[standing].size === 0)
  }

  /** How many were dropped since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  clear(): void {
    for (const standing of ORDER) this.#waiting[standing].clear()
  }
}

interface Waiter<Item> {
  readonly item: Item
  readonly at: number
}

/** Of one class, in a ring of so many places. */
class Waiting<Item> {
  readonly #limit: number
  #ring: (Waiter<Item> | undefined)[] = []
  /** Of the oldest; those after it follow it round the ring. */
  #first = 0
  #size = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** How many went for it. */
  push(item: Item, at: number): number {
    const isFull = this.#size === this.#limit
    if (isFull) this.#takeOldest()
    this.#ring[(this.#first + this.#size) % this.#limit] = { item, at }
    this.#size += 1
    return isFull ? 1 : 0
  }

  /** The oldest; where that came before `late`, the newest. */
  take(late: number): Waiter<Item> | undefined {
    const oldest = this.#ring[this.#first]
    return oldest && oldest.at < late ? this.#takeNewest() : this.#takeOldest()
  }

  /** How many came before `at` and are gone. */
  dropUntil(at: number): number {
    let dropped = 0
    for (let oldest = this.#ring[this.#first]; oldest && oldest.at < at; oldest = this.#ring[this.#first]) {
      this.#takeOldest()
      dropped += 1
    }
    return dropped
  }

  clear(): void {
    this.#ring = []
    this.#size = 0
  }

  #takeOldest(): Waiter<Item> | undefined {
    if (this.#size === 0) return undefined
    const oldest = this.#ring[this.#first]
    this.#ring[this.#first] = undefined
    this.#first = (this.#first + 1) % this.#limit
    this.#size -= 1
    return oldest
  }

  #takeNewest(): Waiter<Item> | undefined {
    const last = (this.#first + this.#size - 1) % this.#limit
    const newest = this.#ring[last]
    this.#ring[last] = undefined
    this.#size -= 1
    return newest
  }
}
