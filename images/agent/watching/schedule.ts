// When which section is read again: soon after an event that makes it stale, and now and then for what no event tells of. Pure:
// times are milliseconds of a clock that does not jump.
import { SECTION_NAMES, type SectionName } from '../../../manager/protocol/inventory.ts'
import { OBSERVED } from '../sections/all.ts'

/** From the first event of a burst to the reading: what comes within it is read together. */
const DELAY = 400
/** Readings that events may cause at once: a link that comes up is followed by its bridge, its addresses, its routes. */
const AT_ONCE = 5
/** Milliseconds after which one of them counts no more. */
const FORGET = 1_500
/** In a storm, where there are more of them, each wait is twice the one before, up to this. */
const LONGEST_DELAY = 3_200

/** After a reading that events have asked for, such a one waits for so many times as long as that has taken, up to this: looking is not what a host is for. */
const REST = 3
const LONGEST_REST = 15_000
/**
 * What is read by its period alone has a twentieth of a host's time: the next such reading waits for so many times as long as the last has
 * taken, up to so many of its periods.
 */
const SPARSE = 19
const MOST_PERIODS = 3

export interface Schedule {
  /** When each section is to be read next, without an event. */
  readonly due: { readonly [Name in SectionName]: number }
  readonly stale: ReadonlySet<SectionName>
  /** When the stale ones are to be read; undefined when there are none. */
  readonly at: number | undefined
  /** Readings that events had asked for, less those that count no more, at `last`. */
  readonly recent: number
  /** When the last reading that events had asked for was begun. */
  readonly last: number | undefined
  /** No reading that events ask for is begun before. */
  readonly rested: number
}

/** All sections have just been read. */
export function newSchedule(now: number): Schedule {
  return {
    due: Object.fromEntries(SECTION_NAMES.map((name) => [name, now + OBSERVED[name].period * 1000])) as Schedule['due'],
    stale: new Set(),
    at: undefined,
    recent: 0,
    last: undefined,
    rested: now,
  }
}

export function markStale(schedule: Schedule, names: readonly SectionName[], now: number): Schedule {
  if (names.length === 0) return schedule
  const stale = new Set([...schedule.stale, ...names])
  if (schedule.at !== undefined) return { ...schedule, stale }
  const recent = Math.floor(recentAt(schedule, now))
  const delay = Math.min(DELAY * 2 ** Math.max(0, recent + 1 - AT_ONCE), LONGEST_DELAY)
  return { ...schedule, stale, at: Math.max(now + delay, schedule.rested) }
}

/** The reading of these that `takeDue` has begun at `began` has ended. */
export function haveRead(before: Schedule, names: readonly SectionName[], began: number, now: number): Schedule {
  const took = now - began
  const later = (name: SectionName): number => began + Math.min(took * SPARSE, MOST_PERIODS * OBSERVED[name].period * 1000)
  const due = { ...before.due, ...Object.fromEntries(names.map((name) => [name, Math.max(before.due[name], later(name))])) }
  const schedule = { ...before, due }
  if (schedule.last !== began) return schedule
  const rested = now + Math.min(took * REST, LONGEST_REST)
  return { ...schedule, rested, at: schedule.at === undefined ? undefined : Math.max(schedule.at, rested) }
}

/** Milliseconds from one sample to the next, where samples are wanted so often and the last has taken so long. */
export function untilSample(period: number, took: number): number {
  return Math.max(period, Math.min(took * SPARSE, MOST_PERIODS * period))
}

function recentAt({ recent, last }: Schedule, now: number): number {
  return last === undefined ? 0 : Math.max(0, recent - (now - last) / FORGET)
}

/** The sections to be read now, taken off the schedule; none before `nextTime`. */
export function takeDue(schedule: Schedule, now: number): { readonly schedule: Schedule; readonly names: readonly SectionName[] } {
  const ripe = schedule.at !== undefined && schedule.at <= now
  const names = SECTION_NAMES.filter((name) => schedule.due[name] <= now || (ripe && schedule.stale.has(name)))
  if (names.length === 0) return { schedule, names }
  return { schedule: taken(schedule, names, now, ripe), names }
}

/** These are read now, whoever asked. */
export function takeNow(schedule: Schedule, names: readonly SectionName[], now: number): Schedule {
  return taken(schedule, names, now, false)
}

/** The next moment at which `takeDue` has something. */
export function nextTime(schedule: Schedule): number {
  return Math.min(...Object.values(schedule.due), schedule.at ?? Number.POSITIVE_INFINITY)
}

function taken(schedule: Schedule, names: readonly SectionName[], now: number, ripe: boolean): Schedule {
  const read = new Set(names)
  const stale = new Set([...schedule.stale].filter((name) => !read.has(name)))
  const due = { ...schedule.due, ...Object.fromEntries(names.map((name) => [name, now + OBSERVED[name].period * 1000])) }
  const counted = ripe ? { recent: recentAt(schedule, now) + 1, last: now } : {}
  return { ...schedule, due, stale, at: stale.size === 0 ? undefined : schedule.at, ...counted }
}
