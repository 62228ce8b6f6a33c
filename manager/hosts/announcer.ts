// Tells the pool's listeners what changes, and counts it: who has shown the pool at one count and finds the same count again need not
// look at it again.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { PoolChange } from './pool-change.ts'

/** Both only grow, while this manager runs. */
export interface Counts {
  /** Changes of hosts, inventories and alarms. */
  readonly changes: number
  /** Samples that have come: loads in lists are of these. */
  readonly samples: number
}

export class Announcer {
  readonly #changed: Emitter<PoolChange>
  #changes = 0
  #samples = 0

  constructor(log: Log) {
    this.#changed = new Emitter(log, 'changes of the pool')
  }

  counts(): Counts {
    return { changes: this.#changes, samples: this.#samples }
  }

  /** Until the function that it returns is called. A listener that throws is logged, and hears on. */
  subscribe(listener: (change: PoolChange) => void): () => void {
    return this.#changed.subscribe(listener)
  }

  tell(change: PoolChange): void {
    if (change.kind === 'sample') this.#samples += 1
    else if (change.kind !== 'event') this.#changes += 1
    this.#changed.tell(change)
  }
}
