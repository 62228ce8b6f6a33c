// `stop-guest` and `destroy-guest`: a guest runs no more, and is no more.
import { z } from 'zod'
import { StepFailed } from '../../automation/failure.ts'
import type { JournalEntry } from '../../automation/journal.ts'
import { recipe } from '../../automation/recipe.ts'
import { all, hook, progress, request, type Steps } from '../../automation/steps.ts'
import { vgRef } from '../../protocol/guest-disk.ts'
import { uuid } from '../../protocol/values.ts'
import type { Transaction } from '../../store/database.ts'
import { removeClaims } from '../../store/tables/claims.ts'
import { removeGuest } from '../../store/tables/guests.ts'
import { sayNames } from '../../wording.ts'
import { hostLock, vgOfAllLocks } from '../locks.ts'
import { notOn } from './outdated.ts'
import { forget, guestLock, hostArg, look, named } from './parts.ts'
import { rowsOfHost } from './rows.ts'
import { bookOf } from './written.ts'

export const stopArgs = z.object({
  guest: named,
  host: hostArg,
  /** `clean`: it is asked, and has so many seconds; `hard`: it is not; `clean, then hard`: not any more when they are over. */
  how: z.enum(['clean', 'hard', 'clean, then hard']),
  seconds: z.number(),
})

export const destroyArgs = z.object({
  guest: named,
  /** Left out: nothing of it is on a host. */
  host: hostArg.exactOptional(),
  disks: z.array(z.object({ disk: uuid, vg: vgRef })).readonly(),
  /** Of its disks, that moves have left on hosts for the way back. */
  copies: z
    .array(z.object({ host: hostArg, disk: uuid, vg: vgRef }))
    .readonly()
    .exactOptional(),
  /** That may remember it; by a manager that did not know of it left out. */
  remembering: z.array(vgRef).readonly().default([]),
  /** Of the VGs of its disks those that other hosts see, too. */
  sharedVgs: z.array(vgRef).readonly().exactOptional(),
  /** LVs that stay where they lie, for people. */
  left: z.array(z.string()).readonly().default([]),
})

export type StopArgs = z.output<typeof stopArgs>
export type DestroyArgs = z.output<typeof destroyArgs>

const REMOVE_PATIENCE = 3600_000
const DROP_PATIENCE = 60_000

export const STOP_GUEST = recipe<StopArgs>({
  name: 'stop-guest',
  version: 1,
  parse: (given) => stopArgs.parse(given),
  title: ({ guest, host }) => `stop ${guest.name} on ${host.name}`,
  locks: ({ guest, host }) => [guestLock(guest), hostLock(host, 'shared')],
  outdated: (db, { guest, host }) => notOn(db, guest, host),
  phases: ['ask', 'end'],
  run: stop,
  rows: async (transaction, automation, { guest }, entries) =>
    rowsOfHost(transaction, guest.uuid, await bookOf(transaction, automation, entries)),
})

function* stop({ guest, host, how, seconds }: StopArgs): Steps {
  const { uuid: id, name } = guest
  yield* hook('before', 'stop', { guest: name, uuid: id, host: host.name })
  if (how === 'hard' || !(yield* asked({ guest, host, how, seconds }))) {
    yield* progress('end', `${name}, without its help`)
    yield* request(host.id, { kind: 'destroy-guest', uuid: id }, { onAbort: 'finish' })
  }
  yield* look(host)
  yield* hook('after', 'stop', { guest: name, uuid: id, host: host.name })
}

/** Whether it has ended. */
function* asked({ guest, host, how, seconds }: StopArgs): Steps<boolean> {
  yield* progress('ask', `${guest.name} has ${seconds} s`)
  try {
    yield* request(host.id, { kind: 'stop-guest', uuid: guest.uuid, seconds }, { patience: seconds * 1000 + 300_000 })
    return true
  } catch (error) {
    if (error instanceof StepFailed && how === 'clean, then hard') return false
    throw error
  }
}

export const DESTROY_GUEST = recipe<DestroyArgs>({
  name: 'destroy-guest',
  version: 1,
  parse: (given) => destroyArgs.parse(given),
  title: ({ guest, host, left }) => {
    const behind = left.length === 0 ? '' : `, and leave ${sayNames(left)} behind`
    return `${host ? `destroy ${guest.name} on ${host.name}` : `forget ${guest.name}`}${behind}`
  },
  locks: ({ guest, host, disks, copies = [], remembering, sharedVgs }) => [
    guestLock(guest),
    ...(host ? [hostLock(host, 'shared')] : []),
    ...vgOfAllLocks([...[...disks, ...copies].map(({ vg }) => vg), ...remembering], sharedVgs),
  ],
  outdated: async (db, { guest, host }) => host && notOn(db, guest, host),
  phases: ['end', 'disks', 'forget'],
  noReturn: 'disks',
  run: destroy,
  rows: destroyRows,
})

function* destroy({ guest, host, disks, copies = [], remembering, left }: DestroyArgs): Steps<{ readonly left: readonly string[] }> {
  const { uuid: id, name } = guest
  yield* hook('before', 'destroy', { guest: name, uuid: id, ...(host ? { host: host.name } : {}) })
  if (host) {
    yield* progress('end', name)
    yield* request(host.id, { kind: 'destroy-guest', uuid: id })
    yield* progress('disks', `${disks.length} of them`)
    yield* all(
      disks.map(
        ({ disk, vg }) =>
          () =>
            removed(host.id, { disk, vg }),
      ),
    )
  }
  if (copies.length > 0) yield* all(copies.map((copy) => () => dropped(copy)))
  if (host) yield* forget(host, guest, remembering)
  yield* progress('forget', left.length === 0 ? name : `${name}, and not ${left.join(', ')}`)
  return { left }
}

function* removed(host: string, { disk, vg }: DestroyArgs['disks'][number]): Steps {
  yield* request(host, { kind: 'remove-disk', vg, disk }, { onAbort: 'finish', patience: REMOVE_PATIENCE })
}

/** Where its host does not answer it goes when its time is over, as it would have. */
function* dropped({ host, disk, vg }: NonNullable<DestroyArgs['copies']>[number]): Steps {
  try {
    yield* request(host.id, { kind: 'remove-disk', vg, disk }, { onAbort: 'finish', patience: DROP_PATIENCE })
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
  }
}

async function destroyRows(
  transaction: Transaction,
  automation: string,
  { guest }: DestroyArgs,
  entries: readonly JournalEntry[],
): Promise<void> {
  const book = await bookOf(transaction, automation, entries)
  await rowsOfHost(transaction, guest.uuid, book)
  for (const { effect } of book.now) {
    if (effect.kind !== 'progress' || effect.phase !== 'forget') continue
    await removeGuest(transaction, guest.uuid)
    await removeClaims(transaction, 'guest', guest.uuid)
  }
}
