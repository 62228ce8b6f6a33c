// When a target is sent something again. Pure; milliseconds.

export interface Pace {
  /** From the first that happens until it is told: what happens meanwhile is told with it. */
  readonly gather: number
  /** From a message to the next of one target, however much happens. */
  readonly between: number
  /** After the first failure; doubled with each, up to an hour. */
  readonly again: number
}

export const PACE: Pace = { gather: 5_000, between: 60_000, again: 30_000 }

const LONGEST = 3600_000
/** A receiver that does not take it may have been set up wrongly for a moment; more often than so nobody is let in with a wrong password. */
const MOST_REFUSALS = 3

/** `random`: from 0 to 1, so that targets do not come together. */
export function pauseAfterFailure({ again }: Pick<Pace, 'again'>, failures: number, random: number): number {
  return Math.min(LONGEST, again * 2 ** Math.max(0, failures - 1)) * (0.75 + random / 2)
}

/** Whether nothing more is tried until a person has looked. */
export function isStopped(failures: number, lasting: boolean): boolean {
  return lasting && failures >= MOST_REFUSALS
}

/** In a row, until an alarm says so. */
export const FAILURES_UNTIL_ALARM = 3
