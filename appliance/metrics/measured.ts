// What the appliance counts of itself while it serves, and the text of it, made at most once a second: anybody on the wire may ask.
import type { Leases } from '../store/leases.ts'
import type { AttemptRunner } from '../timeline/runner.ts'
import type { AddressRange } from '../wire/addresses.ts'
import { BootEnds } from './boots.ts'
import { type ApplianceMetrics, createApplianceMetrics } from './metrics.ts'
import { countLeases, fillOfPools } from './pools.ts'
import { watchProcess } from './process.ts'

export interface MeasuredOptions {
  /** Of the config as it is. */
  readonly pools: () => readonly AddressRange[]
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
}

const KEPT = 1000

export class Measured {
  readonly metrics: ApplianceMetrics = createApplianceMetrics()
  readonly #options: MeasuredOptions
  readonly #process = watchProcess()
  #isReady = false
  #text: { readonly at: number; readonly made: Promise<string> } | undefined

  constructor(options: MeasuredOptions) {
    this.#options = options
  }

  /** For what writes to the store. */
  timed<Value>(work: () => Value): Value {
    return this.metrics.timed(work, this.#options.elapsed)
  }

  /** Counts the boots from now on. What it gives is for the boot server; it is not ready before `serves` is called. */
  watch(attempts: AttemptRunner, leases: Leases) {
    const ends = new BootEnds(attempts.views())
    attempts.subscribe((view) => {
      const ended = ends.of(view)
      if (ended) this.metrics.ended(ended)
    })
    return { isReady: () => this.#isReady, metrics: () => this.#told(attempts, leases) }
  }

  serves(): void {
    this.#isReady = true
  }

  close(): void {
    this.#isReady = false
    this.#process.close()
  }

  #told(attempts: AttemptRunner, leases: Leases): Promise<string> {
    const { pools, now, elapsed } = this.#options
    if (this.#text === undefined || elapsed() - this.#text.at >= KEPT) {
      const sources = {
        isReady: () => this.#isReady,
        leases: () => countLeases(leases.all(), now()),
        pools: () => fillOfPools(pools(), leases.all(), now()),
        attempts: () => attempts.views(),
        process: () => this.#process.facts(),
      }
      this.#text = { at: elapsed(), made: this.metrics.text(sources) }
    }
    return this.#text.made
  }
}
