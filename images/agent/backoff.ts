// How long to wait before the manager is tried again: a thousand hosts that lose it at once shall not come back at once.

/** Longest wait, ms: a manager that is back has all its hosts within twice that. */
export const LONGEST = 12_000
const SHORTEST = 200

/** Milliseconds: anything between a fifth of a second and a bound that doubles with each failure in a row. `random`: 0 to 1. */
export function backoff(failuresInARow: number, random: number): number {
  const bound = Math.min(LONGEST, 1000 * 2 ** Math.min(failuresInARow, 10))
  return SHORTEST + random * (bound - SHORTEST)
}

/** After a manager that is there, and has said that it can take nothing now: a disk that is full stays so for a while. */
export function backoffFromUnable(random: number): number {
  return (LONGEST / 2) * (1 + random)
}
