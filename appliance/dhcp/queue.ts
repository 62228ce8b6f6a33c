// What waits to be answered, in the order in which it is: whom we know first, so that a flood of strangers keeps no host of ours from
// booting. Bounded: where there is no room the oldest of its class goes, as its sender has asked again since. Pure.

export type Standing = 'known' | 'unknown'

export interface QueueLimits {
  readonly known: number
  readonly unknown: number
}

const LIMITS: QueueLimits = { known: 1024, unknown: 512 }

export class ReceiveQueue<Item> {
  readonly #limits: QueueLimits
  readonly #waiting: Readonly<Record<Standing, Set<{ readonly item: Item }>>> = { known: new Set(), unknown: new Set() }
  #dropped = 0

  constructor(limits = LIMITS) {
    this.#limits = limits
  }

  push(item: Item, standing: Standing): void {
    const waiting = this.#waiting[standing]
    waiting.add({ item })
    if (waiting.size <= this.#limits[standing]) return
    const [oldest] = waiting
    if (oldest) waiting.delete(oldest)
    this.#dropped += 1
  }

  /** The next to be answered, and whose it is; undefined when nothing waits. */
  take(): { readonly item: Item; readonly standing: Standing } | undefined {
    for (const standing of ['known', 'unknown'] as const) {
      const [oldest] = this.#waiting[standing]
      if (!oldest) continue
      this.#waiting[standing].delete(oldest)
      return { item: oldest.item, standing }
    }
    return undefined
  }

  get isEmpty(): boolean {
    return this.#waiting.known.size + this.#waiting.unknown.size === 0
  }

  /** How many were dropped since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  clear(): void {
    this.#waiting.known.clear()
    this.#waiting.unknown.clear()
  }
}
