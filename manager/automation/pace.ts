// How fast a job goes and when it may be done, by what its host has told of it lately. Pure.
import type { Progress } from '../protocol/requests/request.ts'

/** What people see of a job's progress. */
export interface Paced extends Progress {
  /** Units a second; missing while too little is known. */
  readonly rate?: number
  /** Until `total`, should it go on like that; missing where it stands still. */
  readonly secondsLeft?: number
}

/** What was told of one phase, the newest last. Times are milliseconds. */
export interface Pace {
  readonly progress: Progress
  readonly marks: readonly { readonly at: number; readonly done: number }[]
}

/** Of a rate: long enough to be calm, short enough to tell of a link that has become slow. */
const WINDOW = 30_000
/** From fewer milliseconds no rate is told. */
const SHORTEST = 2000
const MARKS = 32

/** Another phase, or one that begins anew, has a pace of its own. */
export function heard(before: Pace | undefined, progress: Progress, now: number): Pace {
  const mark = { at: now, done: progress.done }
  const last = before?.marks.at(-1)
  const isSame = before?.progress.phase === progress.phase && before.progress.unit === progress.unit && last && last.done <= progress.done
  if (!before || !isSame) return { progress, marks: [mark] }
  const marks = before.marks.filter(({ at }, index) => now - at <= WINDOW || index === before.marks.length - 1)
  // Of many within the window every other one says the same.
  const kept = marks.length < MARKS ? marks : marks.filter((_, index) => index % 2 === 0)
  return { progress, marks: [...kept, mark] }
}

/** As of `now`: what says nothing more becomes slower. */
export function paced({ progress, marks }: Pace, now: number): Paced {
  const [first] = marks
  const took = first ? now - first.at : 0
  const done = first ? progress.done - first.done : 0
  if (took < SHORTEST || done <= 0) return progress
  const rate = (done * 1000) / took
  const { total } = progress
  return { ...progress, rate, ...(total === undefined ? {} : { secondsLeft: Math.max(0, total - progress.done) / rate }) }
}
