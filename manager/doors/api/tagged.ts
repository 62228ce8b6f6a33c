// A long list as JSON, kept until the pool tells of a change, under a tag that pollers show again: who shows the newest is told
// that nothing has changed, and nothing is worked out for them.
import type { PoolEvent } from '../../contract/events.ts'

export interface Tagged {
  /** RFC 9110, 8.8.3: weak. */
  tag(): string
  bytes(): Promise<Buffer>
}

/** What alone may make a list anew no more often than this, ms: of thousands of hosts one is always sampled. */
const SAMPLES_PERIOD = 1000

export interface ListOptions {
  /** Of this start of the manager: counts begin anew with it. */
  readonly epoch: number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** What such an event does to the list. */
  readonly effect: (event: PoolEvent) => 'at-once' | 'soon' | 'none'
  readonly make: () => Promise<string>
}

export class TaggedList implements Tagged {
  readonly #options: ListOptions
  #count = 0
  #countedAt: number
  #isStale = false
  #kept: { readonly count: number; readonly bytes: Promise<Buffer> } | undefined

  constructor(options: ListOptions) {
    this.#options = options
    this.#countedAt = options.elapsed()
  }

  /** For each event of the pool. */
  hear(event: PoolEvent): void {
    switch (this.#options.effect(event)) {
      case 'at-once':
        this.#next()
        return
      case 'soon':
        this.#isStale = true
        return
      case 'none':
        return
    }
  }

  tag(): string {
    if (this.#isStale && this.#options.elapsed() - this.#countedAt >= SAMPLES_PERIOD) this.#next()
    return `W/"${this.#options.epoch}-${this.#count}"`
  }

  bytes(): Promise<Buffer> {
    const count = this.#count
    if (this.#kept?.count === count) return this.#kept.bytes
    const bytes = this.#options.make().then((text) => Buffer.from(text))
    const kept = { count, bytes }
    this.#kept = kept
    bytes.catch(() => {
      if (this.#kept === kept) this.#kept = undefined
    })
    return bytes
  }

  #next(): void {
    this.#count += 1
    this.#countedAt = this.#options.elapsed()
    this.#isStale = false
  }
}

/** `{"<name>":[…]}`; an item that is the same object as before is not written again. */
export class ListWriter<Item extends object> {
  readonly #name: string
  readonly #written = new WeakMap<Item, string>()

  constructor(name: string) {
    this.#name = name
  }

  write(items: readonly Item[]): string {
    return `{${JSON.stringify(this.#name)}:[${items.map((item) => this.#text(item)).join(',')}]}`
  }

  #text(item: Item): string {
    const written = this.#written.get(item)
    if (written !== undefined) return written
    const text = JSON.stringify(item)
    this.#written.set(item, text)
    return text
  }
}
