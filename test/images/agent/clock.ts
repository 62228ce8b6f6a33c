// A clock that stands still until a test moves it.
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../images/agent/backend.ts'

export class TestClock implements Clock {
  now = 0
  #timers: { readonly at: number; readonly action: () => void }[] = []

  wall(): number {
    return 1_700_000_000_000 + this.now
  }

  steady(): number {
    return this.now
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { at: this.now + milliseconds, action }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Goes on by so much, and lets everything happen that is due on the way, in its order. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds
    for (;;) {
      await settle()
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.now = Math.max(this.now, next.at)
      next.action()
    }
    this.now = until
    await settle()
  }

  get pending(): number {
    return this.#timers.length
  }
}

/** Lets promises that wait for nothing outside come to their end. */
async function settle(): Promise<void> {
  for (let count = 0; count < 30; count += 1) await turn()
}
