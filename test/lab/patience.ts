// How long something is waited for: longer on a machine that is slow just now, and on while there is progress. Pure.

/** Power-on to up of two emulated servers on two idle cores, in milliseconds: what deadlines are written for. */
export const USUAL_BOOT_MS = 30_000
/** A machine so busy that it takes longer than this is not waited for. */
const MOST = 20

/** How many times slower than usual: 7 where a boot took 7 times as long. Never less than 1. */
export function slowness(bootMs: number, usualMs = USUAL_BOOT_MS): number {
  return Math.min(Math.max(bootMs / usualMs, 1), MOST)
}

/** Of one rack: how slow its computer is, as far as its boots have shown. */
export interface Pace {
  /** A deadline that was written for an idle machine, as it is here: whole milliseconds, as timers ask for. */
  allow(milliseconds: number): number
  /** Power-on to up, of the slowest of several. */
  booted(bootMs: number): void
  /** Where nothing boots: what took so long, and takes `usualMs` on an idle machine. */
  took(milliseconds: number, usualMs: number): void
}

/** The newest boot counts: what made the machine slow may be over. */
export function newPace(): Pace {
  let slow = 1
  const took = (milliseconds: number, usualMs: number) => {
    slow = slowness(milliseconds, usualMs)
  }
  return { allow: (milliseconds) => Math.ceil(milliseconds * slow), booted: (bootMs) => took(bootMs, USUAL_BOOT_MS), took }
}

export interface Patience {
  /** Milliseconds without any change after which it is over. */
  readonly stillMs: number
  /** What was seen last, and since when it is so. */
  readonly seen: string | undefined
  readonly since: number
}

export function newPatience(stillMs: number, now: number): Patience {
  return { stillMs, seen: undefined, since: now }
}

/** What is seen now: another thing than before is progress, and is waited on anew. */
export function see(patience: Patience, seen: string, now: number): Patience {
  return seen === patience.seen ? patience : { ...patience, seen, since: now }
}

export function isOver({ stillMs, since }: Patience, now: number): boolean {
  return now - since > stillMs
}

/** `awaited: up: node1; the same for 45 s: {"hosts":[]}`. */
export function sayAwaited(what: string, { seen = 'nothing yet', since }: Patience, now: number): string {
  return `awaited: ${what}; the same for ${Math.round((now - since) / 1000)} s: ${seen.slice(0, 300)}`
}
