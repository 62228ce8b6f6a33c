// Tells several listeners the same thing. A listener that fails is logged and kept, and the others hear: what one of them cannot do
// is no reason that it, or anybody, hears no more. Not for questions: nobody waits for what a listener does.
import type { Log } from './log.ts'

export class Emitter<Told = void> {
  readonly #log: Pick<Log, 'error'>
  readonly #of: string
  readonly #listeners = new Set<{ readonly hear: (told: Told) => unknown }>()

  /** `of`: what it tells, for the log. */
  constructor(log: Pick<Log, 'error'>, of: string) {
    this.#log = log
    this.#of = of
  }

  /** Until the function that it returns is called. */
  subscribe(hear: (told: Told) => unknown): () => void {
    const listener = { hear }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** To those that listen now, in the order of their coming. Never throws. */
  tell(told: Told): void {
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue
      try {
        const answer = listener.hear(told)
        if (answer instanceof Promise) answer.catch((error: unknown) => this.#failed(error))
      } catch (error) {
        this.#failed(error)
      }
    }
  }

  #failed(error: unknown): void {
    this.#log.error({ error, of: this.#of }, 'a listener failed: it hears on')
  }
}
