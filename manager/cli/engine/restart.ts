// How long to wait before a process that died is started again.

/** Milliseconds: at once after the first failure in a row, then doubling up to ten seconds. */
export function restartPause(failuresInARow: number): number {
  return failuresInARow <= 1 ? 100 : Math.min(10_000, 250 * 2 ** (failuresInARow - 1))
}
