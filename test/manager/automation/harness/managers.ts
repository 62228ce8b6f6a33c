// The managers of a simulated run: one after the other, or one beside the other. One that ends leaves what it has asked for to the hosts,
// and what it has written down to the next one.
import type { Clock } from '../../../../manager/automation/ports.ts'
import type { Start, Started } from '../../../../manager/automation/runner.ts'
import type { Done } from '../../../../manager/outcome.ts'
import type { SimulatedClock } from './clock.ts'
import { clockOf, type Life } from './life.ts'
import type { Random } from './random.ts'

/** What people ask of a manager. */
export interface Serving {
  start(start: Start): Promise<Done<Started>>
  abort(id: string, who: string): Promise<unknown>
  /** An undo that has failed is tried again. */
  retryUndo(id: string): Promise<unknown>
}

export interface Manager {
  readonly life: Life
  readonly serving: Serving
}

export interface ManagersOptions {
  readonly clock: SimulatedClock
  readonly random: Random
  readonly nextLife: () => Promise<Life>
  readonly open: (life: Life, clock: Clock) => Promise<Serving>
}

export class Managers {
  isHealed = false
  readonly #options: ManagersOptions
  readonly #all: Manager[] = []
  #epoch = 0
  #joining = 0

  constructor(options: ManagersOptions) {
    this.#options = options
  }

  /** The one that the store takes; undefined: there is none now. */
  newest(): Manager | undefined {
    return this.#all.findLast(({ life }) => life.isAlive && life.epoch === this.#epoch)
  }

  async join(): Promise<void> {
    const { clock, nextLife, open } = this.#options
    this.#joining += 1
    const life = await nextLife()
    this.#epoch = Math.max(this.#epoch, life.epoch)
    const serving = await open(life, clockOf(clock, life))
    this.#joining -= 1
    this.#all.push({ life, serving })
  }

  kill(life: Life): void {
    if (this.isHealed) return
    const { clock, random } = this.#options
    life.isAlive = false
    clock.after(random.whole(100, 5000), () => this.beThere())
  }

  /** Another one comes where there is none. */
  beThere(): void {
    if (!this.newest() && this.#joining === 0) void this.join()
  }
}
