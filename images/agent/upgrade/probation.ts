// A version that lives but that no manager welcomes would take its host from the pool until the next boot. It gives way to the image's
// own agent. The manager may have been away, so it can be chosen once more; at the second time it is dropped.
import type { Backend, Clock } from '../backend.ts'
import type { Files } from '../requests/world.ts'
import { type Places, parseDropped } from './places.ts'

/** Milliseconds. A manager that is being upgraded itself is back before. */
export const PROBATION = 15 * 60_000

export interface Probation {
  /** A manager has said welcome. */
  passed(): Promise<void>
  stop(): void
}

export interface ProbationOptions {
  readonly backend: Pick<Backend, 'read'>
  readonly files: Files
  readonly clock: Pick<Clock, 'after'>
  readonly places: Places
  /** SHA-256 of the bundle that runs. */
  readonly running: string
  /** Milliseconds. */
  readonly patience: number
  /** This agent is to end, and the image's own to start. */
  readonly onGivenUp: () => void
}

export function startProbation({ backend, files, clock, places, running, patience, onGivenUp }: ProbationOptions): Probation {
  const giveUp = async (): Promise<void> => {
    if (parseDropped(await backend.read(places.suspect)).includes(running)) {
      const dropped = parseDropped(await backend.read(places.dropped))
      await files.write(places.dropped, [...dropped, running].map((sha256) => `${sha256}\n`).join(''), 0o600)
      await files.remove(places.suspect)
    } else {
      await files.write(places.suspect, `${running}\n`, 0o600)
    }
    await files.remove(places.chosen)
    onGivenUp()
  }
  // A file that cannot be written: it stays as it was, which is no worse than before.
  const stop = clock.after(patience, () => void giveUp().catch(() => undefined))
  return {
    async passed() {
      stop()
      await files.remove(places.suspect)
    },
    stop,
  }
}
