// The order in which guests go home, so that no host ever has more than it has room for: in rounds, of which each begins when the one before
// it has ended. Within a round nothing that is freed is given to another: whichever move ends first, or never, all of it fits. Where guests
// are in each other's way one of them steps aside, on a third host, or is stopped meanwhile where that is allowed. Pure, and bounded.
import { Floor, type HomingGuest, type HomingHost, type Lack, type Space } from './floor.ts'

export interface HomingStep {
  readonly guest: string
  readonly from: string
  readonly to: string
  /** `halt`: it is stopped where it is, and started where it comes to by its next step. */
  readonly how: HomingGuest['way'] | 'halt'
}

export interface HomingPlan {
  readonly rounds: readonly (readonly HomingStep[])[]
  /** Those that do not come home, with what is missing there; `lacks` undefined: it may not go there at all. */
  readonly stay: readonly { readonly guest: string; readonly lacks: readonly Lack[] | undefined }[]
}

export interface Homing {
  /** All that guests may be on. */
  readonly hosts: readonly HomingHost[]
  /** In the order in which they are to go, where nothing else says so. */
  readonly guests: readonly HomingGuest[]
  /** `halt`: guests that run may be stopped, where there is no other way. */
  readonly others: 'halt' | 'leave'
  readonly space: Space
}

type Rounds = readonly (readonly HomingStep[])[]

interface Course {
  readonly floor: Floor
  readonly rounds: Rounds
}

/** How many may step aside before another one comes home by it; and how many ways are tried in all. */
const DEEPEST = 3
const MOST_TRIES = 3000
/** In all of these: who is brought home while the manager has nothing else to do is not more important than all that waits for it. */
const MOST_LOOKED_AT = 300_000

export function orderHome({ hosts, guests, others, space }: Homing): HomingPlan {
  const budget = { left: Math.min(MOST_TRIES, Math.floor(MOST_LOOKED_AT / Math.max(1, guests.length))) }
  let course = homeward({ floor: new Floor(space, hosts, guests), rounds: [] }, guests)
  for (;;) {
    const better =
      betterBy('aside', course, guests, budget) ?? (others === 'halt' ? betterBy('aside or halt', course, guests, budget) : undefined)
    if (!better) break
    course = better
  }
  const { floor, rounds } = course
  return {
    rounds,
    stay: guests.flatMap((guest) => (floor.isHome(guest) ? [] : [{ guest: guest.uuid, lacks: floor.lacks(guest, guest.home) }])),
  }
}

/** All that can go home as things are. */
function homeward({ floor: before, rounds }: Course, guests: readonly HomingGuest[]): Course {
  const floor = before.copy()
  const made = [...rounds]
  for (;;) {
    const going: HomingGuest[] = []
    for (const guest of guests) {
      if (floor.isHome(guest) || !floor.fits(guest, guest.home)) continue
      floor.take(guest, guest.home)
      going.push(guest)
    }
    if (going.length === 0) return { floor, rounds: made }
    made.push(going.map((guest) => stepOf(floor, guest, guest.home)))
    for (const guest of going) floor.arrive(guest, guest.home)
  }
}

function stepOf(floor: Floor, guest: HomingGuest, to: string): HomingStep {
  return { guest: guest.uuid, from: floor.on(guest), to, how: floor.isHalted(guest) ? 'restart' : guest.way }
}

type Means = 'aside' | 'aside or halt'
interface Budget {
  left: number
}

/** The fewest that step aside for it. */
function betterBy(means: Means, course: Course, guests: readonly HomingGuest[], budget: Budget): Course | undefined {
  const home = howManyHome(course, guests)
  for (let depth = 1; depth <= DEEPEST; depth += 1) {
    const found = search(course, { means, guests, budget, home }, depth)
    if (found) return found
  }
  return undefined
}

interface Search {
  readonly means: Means
  readonly guests: readonly HomingGuest[]
  readonly budget: Budget
  /** That are at home without it. */
  readonly home: number
}

function search(course: Course, wanted: Search, depth: number): Course | undefined {
  for (const next of aside(course, wanted)) {
    if (wanted.budget.left <= 0) return undefined
    wanted.budget.left -= 1
    const after = homeward(next, wanted.guests)
    const isWhole = wanted.guests.every((guest) => !after.floor.isHalted(guest))
    if (isWhole && howManyHome(after, wanted.guests) > wanted.home) return after
    const found = depth > 1 ? search(next, wanted, depth - 1) : undefined
    if (found) return found
  }
  return undefined
}

/** Each way in which one guest that is not home yet makes room. */
function* aside({ floor, rounds }: Course, { means, guests }: Search): Generator<Course> {
  const away = guests.filter((guest) => !floor.isHome(guest) && !floor.isHalted(guest))
  for (const guest of away) {
    if (guest.way === 'restart') continue
    for (const host of guest.takes.keys()) {
      if (host === guest.home || host === floor.on(guest) || !floor.fits(guest, host)) continue
      const next = floor.copy()
      next.take(guest, host)
      next.arrive(guest, host)
      yield { floor: next, rounds: [...rounds, [stepOf(floor, guest, host)]] }
    }
  }
  if (means === 'aside') return
  for (const guest of away) {
    if (guest.way === 'stopped') continue
    const next = floor.copy()
    next.halt(guest)
    const on = floor.on(guest)
    yield { floor: next, rounds: [...rounds, [{ guest: guest.uuid, from: on, to: on, how: 'halt' }]] }
  }
}

function howManyHome({ floor }: Course, guests: readonly HomingGuest[]): number {
  return guests.filter((guest) => floor.isHome(guest)).length
}
