// Whether somebody has set the manager's clock, which is told from one that does not jump.
import { sayDuration } from '../wording.ts'

/** It has been set, when it goes otherwise than the steady one by more than this between two looks, ms. */
const JUMP = 5000

export class WallClock {
  readonly #wall: () => number
  readonly #steady: () => number
  /** Of the wall clock from the steady one, at the last look. */
  #offset: number

  /** Both in milliseconds. */
  constructor(wall: () => number, steady: () => number) {
    this.#wall = wall
    this.#steady = steady
    this.#offset = wall() - steady()
  }

  /** What an alarm says of it, once; undefined when it was not set since the last look. */
  jumped(): string | undefined {
    const offset = this.#wall() - this.#steady()
    const jump = offset - this.#offset
    this.#offset = offset
    if (Math.abs(jump) < JUMP) return undefined
    return `the manager's clock was set ${sayDuration(jump)} ${jump > 0 ? 'ahead' : 'back'}: times in history and alarms before and after do not fit together`
  }
}
