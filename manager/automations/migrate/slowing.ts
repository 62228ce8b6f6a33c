// How a guest that dirties its memory faster than the network carries it is slowed, try by try. Pure.

export interface Slowed {
  readonly bytes: number
  readonly milliseconds: number
  /** That it would have stood still; undefined: nobody could tell. */
  readonly pauseMs: number | undefined
}

export const MOST_TRIES = 3

/** Of its full speed, after so many failed tries. */
const SHARES = [0.5, 0.2] as const
/** A guest that gets less does not answer its own network any more. */
const LEAST = 5

/** Percent of one CPU that all of its vCPUs together get (credit2's cap); undefined: there is no slower one. */
export function capFor(vcpus: number, failed: number): number | undefined {
  const share = SHARES[failed - 1]
  return share === undefined ? undefined : Math.max(LEAST, Math.round(vcpus * 100 * share))
}
