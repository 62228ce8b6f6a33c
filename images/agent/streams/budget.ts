// Whether the guest may stand still for as long as it would take: by what has gone since it was suspended, how fast it goes, and how much
// the round before had. xl ends its rounds by itself after five or when little is left, whatever that means for the pause. Pure.

export interface Pause {
  readonly maxMs: number
  /** Since the guest was suspended. */
  readonly elapsedMs: number
  /** Since then. */
  readonly sentBytes: number
  /** Of the last whole round over the guest's memory: about as much is left when a guest writes as it did. Undefined: not known. */
  readonly roundBytes: number | undefined
  readonly bytesPerSecond: number
}

/** Milliseconds of standing still before a forecast is believed. */
const LOOK = 60

/** About how long it would stand still; undefined: it may go on. */
export function tooLong({ maxMs, elapsedMs, sentBytes, roundBytes, bytesPerSecond }: Pause): number | undefined {
  const left = Math.max(0, (roundBytes ?? 0) - sentBytes)
  const forecast = elapsedMs + (bytesPerSecond > 0 ? (left / bytesPerSecond) * 1000 : 0)
  if (elapsedMs >= maxMs) return Math.max(forecast, elapsedMs)
  return elapsedMs >= Math.min(LOOK, maxMs / 4) && forecast > maxMs ? forecast : undefined
}

/** Tries of a move that would pause too long; each slows the guest more. */
const CAPS = [60, 35, 20] as const

/**
 * What a recipe does about `would-pause`: the most of each of its CPUs that the guest gets at the next try, in percent of one CPU for all of
 * it; undefined: it is not moved. `tried`: how often it was slowed already.
 */
export function slowed(tried: number, vcpus: number): number | undefined {
  const share = CAPS[tried]
  return share === undefined ? undefined : share * vcpus
}
