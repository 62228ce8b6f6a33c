// The stop of a guest that cannot move live: it runs until its disks are mirrored, is ended, and is started on the new host by its own spec.
// Until it is handed over it is the old host's, and is started there again whatever fails; from then on it is the new one's.
import { StepFailed } from '../../automation/failure.ts'
import { all, now, order, progress, request, type Steps, undoable } from '../../automation/steps.ts'
import type { MigrateArgs, Restarting } from './args.ts'
import { insisted, tried } from './clearing.ts'
import { compared, kept, type Mirrored } from './disks.ts'

export const STOP = 'stop'
/** From it on a guest that is restarted is the new host's. */
export const START = 'start'

/** For a start, and beyond the seconds that a guest has to end, ms. */
const START_PATIENCE = 900_000
const BEYOND = 300_000

/** It runs nowhere, and the copy has all of it. */
export function* halted(args: MigrateArgs, restarting: Restarting, mirrors: readonly Mirrored[]): Steps<readonly Mirrored[]> {
  const { guest, from, restart } = args
  const { back, compare, seconds } = restarting
  yield* progress(STOP, `${guest.name} has ${seconds} s to power off`)
  yield* undoable(
    {
      what: `start ${guest.name} on ${from.name} again`,
      command: `hostless vm start ${guest.name}`,
      requests: [order(from.id, { kind: 'start-guest', guest: back, restart }, { patience: START_PATIENCE })],
    },
    ended(args, restarting),
  )
  if (compare === 'running' || mirrors.length === 0) return mirrors
  yield* progress(STOP, `${guest.name} is down: its copy on ${args.to.name} is compared with its disks`)
  return yield* all(mirrors.map((one) => () => compared(args, one)))
}

/** An abort waits for it: one that was asked to power off does so, and what takes it back would start it before that. */
function* ended({ guest: { uuid }, from }: MigrateArgs, { how, seconds }: Restarting): Steps {
  try {
    yield* request(from.id, { kind: 'stop-guest', uuid, seconds }, { onAbort: 'finish', patience: seconds * 1000 + BEYOND })
  } catch (error) {
    if (!(error instanceof StepFailed) || how === 'clean') throw error
    yield* request(from.id, { kind: 'destroy-guest', uuid }, { onAbort: 'finish' })
  }
}

export type Up = { readonly kind: 'up'; readonly at: number } | { readonly kind: 'down'; readonly why: string }

/** On the new host, whose its disks are now. `at`: milliseconds since the epoch. */
export function* started(args: MigrateArgs, mirrors: readonly Mirrored[]): Steps<Up> {
  const { guest, restart, to } = args
  for (const one of mirrors) yield* insisted(() => kept(args, one))
  const why = yield* tried(`${guest.name} lies on ${to.name} now, and cannot be started there`, () =>
    request(to.id, { kind: 'start-guest', guest, restart }, { onAbort: 'finish', patience: START_PATIENCE }),
  )
  return why === undefined ? { kind: 'up', at: yield* now() } : { kind: 'down', why: `${why}. hostless vm start ${guest.name}` }
}

/** Milliseconds for what is short: the last of its mirror, the hand-over, `xl create`. */
const HAND_OVER = 10_000
/** Bytes a second at least: Xen clears the memory of a new domain, and each host reads a copy to compare it. */
const CLEARED = 2 * 2 ** 30
export const READ = 200e6

/** For how long it is down, ms, beyond what it takes to power off and to boot. */
export function stopOf({ memoryBytes, restarting }: Pick<MigrateArgs, 'memoryBytes' | 'restarting'>, diskBytes: number): number {
  const comparing = restarting?.compare === 'stopped' ? (diskBytes / READ) * 1000 : 0
  return Math.round(HAND_OVER + (memoryBytes / CLEARED) * 1000 + comparing)
}
