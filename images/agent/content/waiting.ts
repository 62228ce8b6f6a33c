// How long, and how often, a manager that does not answer is asked again. The clock is handed in.
import type { Clock } from '../backend.ts'

/** Milliseconds between two tries: first and at most. */
const FIRST = 500
const MOST = 15_000

export interface Patience {
  /** Something has come: all is well. */
  came(): void
  /** Milliseconds until the next try; undefined: it has lasted too long. */
  failed(): number | undefined
}

export function patient(clock: Pick<Clock, 'steady'>, milliseconds: number): Patience {
  let last = clock.steady()
  let wait = FIRST
  return {
    came() {
      last = clock.steady()
      wait = FIRST
    },
    failed() {
      const now = wait
      wait = Math.min(MOST, wait * 2)
      return clock.steady() - last + now > milliseconds ? undefined : now
    },
  }
}

/** Or until nobody wants it any more. */
export function pause(clock: Pick<Clock, 'after'>, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const done = (): void => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(milliseconds, done)
    signal.addEventListener('abort', done, { once: true })
  })
}
