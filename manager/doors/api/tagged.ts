// A long list as JSON, kept until the pool tells of a change, under a tag that pollers show again: who shows the newest is told
// that nothing has changed, and nothing is worked out for them.
import type { PoolEvent } from '../../contract/events.ts'

export interface Tagged {
  /** RFC 9110, 8.8.3: weak. */
  tag(): string
  /** Of an input that its operation has read. */
  bytes(input: unknown): Promise<Buffer>
}

/** Pages that are kept of a list, whichever were asked for last. */
const MOST_PAGES = 32
/** What alone may make a list anew no more often than this, ms: of thousands of hosts one is always sampled. */
const SAMPLES_PERIOD = 1000

export interface ListOptions {
  /** Of this start of the manager: counts begin anew with it. */
  readonly epoch: number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** What such an event does to the list. */
  readonly effect: (event: PoolEvent) => 'at-once' | 'soon' | 'none'
  readonly make: (input: unknown) => Promise<string>
}

export class TaggedList implements Tagged {
  readonly #options: ListOptions
  #count = 0
  #countedAt: number
  #isStale = false
  readonly #kept = new Map<string, { readonly count: number; readonly bytes: Promise<Buffer> }>()

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

  bytes(input: unknown): Promise<Buffer> {
    const [count, page] = [this.#count, JSON.stringify(input)]
    const known = this.#kept.get(page)
    if (known?.count === count) return known.bytes
    const bytes = this.#options.make(input).then((text) => Buffer.from(text))
    const kept = { count, bytes }
    this.#kept.delete(page)
    this.#kept.set(page, kept)
    for (const oldest of this.#kept.keys()) if (this.#kept.size > MOST_PAGES) this.#kept.delete(oldest)
    bytes.catch(() => {
      if (this.#kept.get(page) === kept) this.#kept.delete(page)
    })
    return bytes
  }

  #next(): void {
    this.#count += 1
    this.#countedAt = this.#options.elapsed()
    this.#isStale = false
  }
}

/** `{"<name>":[…]}` with what else there is to say; an item that is the same object as before is not written again. */
export class ListWriter<Item extends object> {
  readonly #name: string
  readonly #written = new WeakMap<Item, string>()

  constructor(name: string) {
    this.#name = name
  }

  write(items: readonly Item[], beside: Readonly<Record<string, unknown>> = {}): string {
    const others = JSON.stringify(beside).slice(1, -1)
    return `{${JSON.stringify(this.#name)}:[${items.map((item) => this.#text(item)).join(',')}]${others === '' ? '' : `,${others}`}}`
  }

  #text(item: Item): string {
    const written = this.#written.get(item)
    if (written !== undefined) return written
    const text = JSON.stringify(item)
    this.#written.set(item, text)
    return text
  }
}
