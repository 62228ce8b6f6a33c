// Numbers as they are written for options. Pure.
import { InvalidArgumentError } from 'commander'
import { readRate, readSize } from '../../protocol/size.ts'
import { readSpan } from '../../protocol/span.ts'

/** `4G`, `512MiB`, `1.5T`, `1048576`: bytes by powers of 1024, as Xen counts memory. */
export function byteSize(text: string): number {
  const bytes = readSize(text)
  if (bytes === undefined) throw new InvalidArgumentError('Say a size like 512M or 4G.')
  return bytes
}

/** `40M`, `50MB/s`: bytes a second, by powers of 1024. */
export function byteRate(text: string): number {
  const bytes = readRate(text)
  if (bytes === undefined) throw new InvalidArgumentError('Say how much a second: 40M, 50MB/s.')
  return bytes
}

export function rateOrUnlimited(text: string): number | 'unlimited' {
  return text === 'unlimited' ? text : byteRate(text)
}

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(number >= least && number <= most)) throw new InvalidArgumentError(`Say a whole number from ${least} to ${most}.`)
    return number
  }
}

/** `500ms`, `2s`, `1h`: milliseconds, from and to so many. */
export function timeSpan(least: number, most: number): (text: string) => number {
  return (text) => {
    const span = readSpan(text) ?? Number.NaN
    if (!(span >= least && span <= most)) throw new InvalidArgumentError(`Say a span like 2s, from ${least} ms to ${most / 1000} s.`)
    return span
  }
}

/** Milliseconds since the epoch, once it is known what time it is. */
export type PointInTime = (now: number) => number

/** `2h`, `3d`: so long ago; `2026-11-30`, `2026-11-30T08:00`: local time, unless it ends in `Z` or an offset. */
export function pointInTime(written: string): PointInTime {
  const ago = readSpan(written)
  if (ago !== undefined) return (now) => Math.max(0, now - ago)
  const [, day, time] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?))?$/.exec(written) ?? []
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time ?? '00:00'}`)
  if (!(at >= 0)) throw new InvalidArgumentError('Say how long ago, as 2h or 3d, or when, as 2026-11-30 or 2026-11-30T08:00.')
  return () => at
}
