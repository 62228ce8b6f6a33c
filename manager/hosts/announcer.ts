// Tells the pool's listeners what changes, and counts it: who has shown the pool at one count and finds the same count again need not
// look at it again.
import type { PoolChange } from './pool-change.ts'

/** Both only grow, while this manager runs. */
export interface Counts {
  /** Changes of hosts, inventories and alarms. */
  readonly changes: number
  /** Samples that have come: loads in lists are of these. */
  readonly samples: number
}

export class Announcer {
  readonly #listeners = new Set<(change: PoolChange) => void>()
  #changes = 0
  #samples = 0

  counts(): Counts {
    return { changes: this.#changes, samples: this.#samples }
  }

  /** Until the function that it returns is called. A listener that throws harms nobody else's. */
  subscribe(listener: (change: PoolChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(change: PoolChange): void {
    if (change.kind === 'sample') this.#samples += 1
    else if (change.kind !== 'event') this.#changes += 1
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch {
        this.#listeners.delete(listener)
      }
    }
  }
}
