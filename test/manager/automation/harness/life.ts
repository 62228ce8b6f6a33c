// One manager of a simulated run, from its start to its end: afterwards nothing of it is heard, and it does nothing more.
import type { Clock } from '../../../../manager/automation/ports.ts'
import type { SimulatedClock } from './clock.ts'

export interface Life {
  readonly epoch: number
  isAlive: boolean
}

/** Of this manager: what it is to do later is not done after its end. */
export function clockOf(clock: SimulatedClock, life: Life): Clock {
  return {
    now: () => clock.now(),
    after: (milliseconds, action) =>
      clock.after(milliseconds, () => {
        if (life.isAlive) action()
      }),
  }
}
