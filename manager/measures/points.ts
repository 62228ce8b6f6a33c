// What is drawn: times, and for each measure as many values. Pure.
import { BUCKET, bucketOf, type Entry } from './bucket.ts'
import { MEASURES } from './measure.ts'

export const DAY = 24 * 3600_000
/** Buckets of a day, with the one that has begun. */
export const MOST_BUCKETS = DAY / BUCKET

/** Times are milliseconds since the epoch. */
export interface Points {
  readonly from: number
  readonly until: number
  readonly times: readonly number[]
  /** By measure, in the order of MEASURES; null: a gap. */
  readonly mean: readonly (readonly (number | null)[])[]
  /** Undefined where each point is one sample. */
  readonly most: readonly (readonly (number | null)[])[] | undefined
}

/** `entries`: by the beginnings of their buckets. All buckets of the day that have begun, each gap among them; none where nothing is known. */
export function dayOf(entries: ReadonlyMap<number, Entry>, since: number, now: number): Points {
  const last = bucketOf(now)
  const from = last - DAY + BUCKET
  const known = [...entries.keys()].some((at) => at >= from && at <= last)
  const times = known ? Array.from({ length: MOST_BUCKETS }, (_, index) => from + index * BUCKET).filter((at) => at >= bucketOf(since)) : []
  const line = (part: 'mean' | 'most', index: number) => times.map((at) => entries.get(at)?.[part][index] ?? null)
  return {
    from,
    until: last + BUCKET,
    times,
    mean: MEASURES.map((_, index) => line('mean', index)),
    most: MEASURES.map((_, index) => line('most', index)),
  }
}
