// A clock that goes on as commands take their time, and stands still between them: a test that waits for an hour's copy takes no time.
import type { Clock, Stop } from '../backend.ts'

export class JumpingClock implements Clock {
  #now = 0
  #timers: { readonly at: number; readonly action: () => void }[] = []

  wall(): number {
    return 1_700_000_000_000 + this.#now
  }

  steady(): number {
    return this.#now
  }

  after(milliseconds: number, action: () => void): Stop {
    const timer = { at: this.#now + milliseconds, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** What is due on the way happens, in its order. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.action()
    }
    this.#now = until
  }
}
