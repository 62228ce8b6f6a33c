// Takes hosts that have been away too long for lost, and raises and ends what is wrong in the pool.
import type { Pool } from '../hosts/service.ts'
import type { Task } from './driver.ts'

export class LostHostTask implements Task {
  readonly name = 'lost-hosts'
  readonly what = 'takes hosts that have been away too long for lost, and settles the alarms of the pool'
  readonly period = 1000
  /** A disk that is full is full for all: when it takes writes again, nobody waits for this. */
  readonly longestPause = 1000
  readonly #pool: Pick<Pool, 'tick'>

  constructor(pool: Pick<Pool, 'tick'>) {
    this.#pool = pool
  }

  /** Time goes by, and that tells nobody. */
  watches(): () => void {
    return () => undefined
  }

  async step(): Promise<undefined> {
    await this.#pool.tick()
  }

  waitsFor(): readonly string[] {
    return []
  }

  close(): void {}
}
