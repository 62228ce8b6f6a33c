// Which host is to look at which file system next: one host at a time for each file system, one file system at a time for each
// host, many at once. Pure: what happens is told to it, and it says what is to begin.

export interface Place {
  /** Of the thing in the matrix. */
  readonly key: string
  /** Ids of the hosts that reach it, whatever state they are in. */
  readonly hosts: readonly string[]
}

export interface Due {
  readonly key: string
  readonly host: string
}

/** Of one file system. Times are milliseconds since the epoch. */
export interface Standing {
  /** When it was looked at last, and who reached it then. */
  readonly scanned: { readonly at: number; readonly hosts: readonly string[] } | undefined
  /** Since then, in a row. */
  readonly failures: number
  /** The host that failed last: another one's turn. */
  readonly failedOn: string | undefined
  readonly notBefore: number
  /** Somebody has asked for it. */
  readonly wanted: boolean
}

/** By key. */
export type Standings = ReadonlyMap<string, Standing>
/** The host that is looking, by key. */
export type Running = ReadonlyMap<string, string>

const DAY = 24 * 3600_000
/** Hosts come one by one after a power cut: they change who reaches a file system once, not each. */
const SETTLE = 60_000
const FIRST_PAUSE = 30_000
const LONGEST_PAUSE = 3600_000
/** Looks under way in the whole pool: each reads over the storage network that guests use. */
export const AT_ONCE = 16

export const UNSCANNED: Standing = { scanned: undefined, failures: 0, failedOn: undefined, notBefore: 0, wanted: false }

export interface Pool {
  readonly places: readonly Place[]
  /** Ids of hosts that are up and connected. */
  readonly able: ReadonlySet<string>
  readonly running: Running
  readonly now: number
}

/** What is to begin now; those who have waited longest come first. `atOnce`: how many may be under way. */
export function dueNow(standings: Standings, { places, able, running, now }: Pool, atOnce: number = AT_ONCE): readonly Due[] {
  const busy = new Set(running.values())
  const due: Due[] = []
  const waiting = places
    .map((place) => ({ place, standing: standings.get(place.key) ?? UNSCANNED }))
    .filter(({ place, standing }) => !running.has(place.key) && dueAt(place, standing) <= now)
    .sort((a, b) => dueAt(a.place, a.standing) - dueAt(b.place, b.standing) || (a.place.key < b.place.key ? -1 : 1))
  for (const { place, standing } of waiting) {
    if (running.size + due.length >= atOnce) break
    const free = place.hosts.filter((host) => able.has(host) && !busy.has(host))
    const host = free.find((one) => one !== standing.failedOn) ?? free[0]
    if (host === undefined) continue
    busy.add(host)
    due.push({ key: place.key, host })
  }
  return due
}

/** When time alone will make something due; undefined when nothing waits for it. */
export function nextTime(standings: Standings, { places, running, now }: Pool): number | undefined {
  const times = places
    .filter(({ key }) => !running.has(key))
    .map((place) => dueAt(place, standings.get(place.key) ?? UNSCANNED))
    .filter((at) => at > now)
  return times.length === 0 ? undefined : times.reduce((first, at) => Math.min(first, at))
}

export function wanted(before: Standing): Standing {
  return { ...before, wanted: true, notBefore: 0 }
}

/** As if nobody had asked for it. */
export function unwanted(before: Standing): Standing {
  return { ...before, wanted: false }
}

/** `hosts`: who reached it when the look began. */
export function scanned(hosts: readonly string[], at: number): Standing {
  return { ...UNSCANNED, scanned: { at, hosts } }
}

/** The next host's turn comes after a pause; where there is no other, the same one's again. */
export function notScanned(before: Standing, host: string, now: number): Standing {
  const failures = before.failures + 1
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 20))
  return { ...before, failures, failedOn: host, notBefore: now + pause, wanted: false }
}

function dueAt({ hosts }: Place, { scanned: last, wanted: isWanted, notBefore }: Standing): number {
  if (isWanted || !last) return notBefore
  const isSame = last.hosts.length === hosts.length && last.hosts.every((host) => hosts.includes(host))
  return Math.max(notBefore, last.at + (isSame ? DAY : SETTLE))
}
