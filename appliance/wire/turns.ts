// Work on thousands of things in one thread: whoever else has something to do does it in between.

import { performance } from 'node:perf_hooks'
import { setImmediate as others } from 'node:timers/promises'

/** What one piece of work may hold the thread for, ms: an answer waits for it, or for a few of its kind. */
const MOST = 8

/**
 * For a loop: `if (turns.isOver()) await turns.next()`. What the loop knew of the world may be otherwise behind each `next`.
 */
export class Turns {
  #began = performance.now()

  isOver(): boolean {
    return performance.now() - this.#began >= MOST
  }

  /** Resolves once what waited has been done. */
  async next(): Promise<void> {
    await others()
    this.#began = performance.now()
  }
}
