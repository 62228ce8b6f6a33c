// Where the time of a lab goes: what was done, one after the other, and how long each took. Pure.

import { seconds } from './table.ts'

export interface Lap {
  readonly what: string
  readonly milliseconds: number
}

export interface Laps {
  /** What was done since the lap before, or since the start. */
  done(what: string, now: number): void
  readonly all: readonly Lap[]
}

export function newLaps(start: number): Laps {
  const all: Lap[] = []
  let last = start
  return {
    done(what, now) {
      all.push({ what, milliseconds: now - last })
      last = now
    },
    all,
  }
}

/** `Where 92.4 s went: image 0.3 s, rack 1.1 s, boot 44.0 s, …` */
export function lapsText(laps: readonly Lap[]): string {
  const total = laps.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const each = laps.map(({ what, milliseconds }) => `${what} ${seconds(milliseconds / 1000)}`)
  return `Where ${seconds(total / 1000)} went: ${each.join(', ')}.`
}
