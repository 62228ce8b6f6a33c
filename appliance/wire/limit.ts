// Keeps a flood of bad packets from filling the log.
import type { Log } from './log.ts'

export interface LogLimit {
  /** Lines let through in each window. */
  readonly lines: number
  readonly windowSeconds: number
}

export interface Rate {
  /** How often in each window. */
  readonly times: number
  readonly windowSeconds: number
}

/** Says of each call whether it is within the rate. `now` gives milliseconds. */
export function withinRate(rate: Rate, now: () => number): () => boolean {
  let windowEnds = Number.NEGATIVE_INFINITY
  let times = 0
  return () => {
    const time = now()
    if (time >= windowEnds) {
      windowEnds = time + rate.windowSeconds * 1000
      times = 0
    }
    times += 1
    return times <= rate.times
  }
}

/**
 * A log that drops what goes beyond the limit; the first line of a later window says in `suppressed` how many were dropped.
 * `now` gives milliseconds.
 */
export function limitLog(log: Log, limit: LogLimit, now: () => number): Log {
  let windowEnds = Number.NEGATIVE_INFINITY
  let lines = 0
  let suppressed = 0
  const admit = (fields: object): object | undefined => {
    const time = now()
    if (time >= windowEnds) {
      windowEnds = time + limit.windowSeconds * 1000
      lines = 0
    }
    if (lines >= limit.lines) {
      suppressed += 1
      return undefined
    }
    lines += 1
    const admitted = suppressed > 0 ? { ...fields, suppressed } : fields
    suppressed = 0
    return admitted
  }
  const at = (level: keyof Log) => (fields: object, message: string) => {
    const admitted = admit(fields)
    if (admitted) log[level](admitted, message)
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
