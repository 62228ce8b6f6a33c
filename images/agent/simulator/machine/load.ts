// Counters that grow with time as those of busy machines do: with a tide of ten minutes, and never back. Pure.

const TIDE_SECONDS = 600
/** How far the tide goes above and below the average. */
const SWING = 0.6

/**
 * What has been counted `seconds` after the start, at so much a second on the average. `phase`, 0 to 1, tells one counter's tide from
 * another's. The integral of rate × (1 + SWING × sin), so it always grows.
 */
export function counted(rate: number, seconds: number, phase: number): number {
  const angle = (2 * Math.PI) / TIDE_SECONDS
  const start = 2 * Math.PI * phase
  return rate * (seconds + (SWING / angle) * (Math.cos(start) - Math.cos(start + angle * seconds)))
}
