// Progress as often as somebody makes any, told at most so often: the newest, and the first at once. The clock is handed in.
import type { Clock } from '../backend.ts'

/** Milliseconds between two words of one job. */
export const TELL_PERIOD = 500

export class Throttle<Word> {
  readonly #clock: Pick<Clock, 'steady' | 'after'>
  readonly #tell: (word: Word) => void
  #last = Number.NEGATIVE_INFINITY
  #waiting: { word: Word; readonly cancel: () => void } | undefined

  constructor(clock: Pick<Clock, 'steady' | 'after'>, tell: (word: Word) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  say(word: Word): void {
    const wait = this.#last + TELL_PERIOD - this.#clock.steady()
    if (this.#waiting) this.#waiting.word = word
    else if (wait <= 0) this.#now(word)
    else this.#waiting = { word, cancel: this.#clock.after(wait, () => this.#due()) }
  }

  /** What has not been said by now is not said any more. */
  stop(): void {
    this.#waiting?.cancel()
    this.#waiting = undefined
  }

  #due(): void {
    const { word } = this.#waiting ?? {}
    this.#waiting = undefined
    if (word !== undefined) this.#now(word)
  }

  #now(word: Word): void {
    this.#last = this.#clock.steady()
    this.#tell(word)
  }
}
