// `create-guest`: from nothing to a guest with its disks, that runs or stands ready. Where it does not come to that, nothing of it is left.
import { z } from 'zod'
import type { JournalEntry } from '../../automation/journal.ts'
import { recipe } from '../../automation/recipe.ts'
import { all, order, progress, request, type Steps, undoable } from '../../automation/steps.ts'
import type { Need } from '../../claims/needs.ts'
import { imageId } from '../../protocol/disk-image.ts'
import { lvOf, vgName, vgRef } from '../../protocol/guest-disk.ts'
import { vdev } from '../../protocol/guest-spec.ts'
import { uuid } from '../../protocol/values.ts'
import type { Transaction } from '../../store/database.ts'
import { removeClaims } from '../../store/tables/claims.ts'
import { addGuest, putDisk, removeGuest } from '../../store/tables/guests.ts'
import { hostLock, vgLock, vgOfAllLocks } from '../locks.ts'
import {
  bring,
  claimed,
  guestLock,
  type HostArg,
  isRowsUndo,
  type Named,
  remember,
  rememberedArg,
  rowsUndo,
  runningNeeds,
  startArgs,
} from './parts.ts'
import { diskPart, rowsOfHost } from './rows.ts'
import { bookOf, isGranted } from './written.ts'

export const newDisk = z.object({
  disk: uuid,
  vdev,
  vg: vgRef,
  thinPool: vgName.exactOptional(),
  sizeBytes: z.number(),
  access: z.enum(['read-write', 'read-only']),
  image: z.object({ id: imageId, sizeBytes: z.number() }).exactOptional(),
})

export const createArgs = z.object({
  ...startArgs.shape,
  /** JSON of the spec, as it is kept. */
  spec: z.string(),
  disks: z.array(newDisk).readonly(),
  power: z.enum(['on', 'off']),
  /** Left out by a manager that did not know of it. */
  remembered: rememberedArg.exactOptional(),
  /** Of its disks' VGs those that other hosts see, too. */
  sharedVgs: z.array(vgRef).readonly().exactOptional(),
  /** Of the manager that was asked. */
  epoch: z.number(),
  who: z.string(),
})

export type NewDisk = z.output<typeof newDisk>
export type CreateArgs = z.output<typeof createArgs>

/** Whose disk it is, and where it lies. */
export interface Owner {
  readonly guest: Named
  readonly host: HostArg
}

export const GENERATION = 1
/** A disk may be large, and its host busy, ms. */
const DISK_PATIENCE = 6 * 3600_000

export const CREATE_GUEST = recipe<CreateArgs>({
  name: 'create-guest',
  version: 1,
  parse: (given) => createArgs.parse(given),
  title: ({ guest, host }) => `create ${guest.name} on ${host.name}`,
  locks: ({ guest, host, disks, sharedVgs }) => [
    guestLock(guest),
    { key: `guest-name ${guest.name}`, name: `guest ${guest.name}`, access: 'exclusive' },
    hostLock(host, 'shared'),
    ...[...new Set(disks.map(({ vg }) => vg.name))].map((vg) => vgLock(host, vg, 'shared')),
    ...vgOfAllLocks(
      disks.map(({ vg }) => vg),
      sharedVgs,
    ),
  ],
  phases: ['claim', 'disks', 'start'],
  run: create,
  rows,
})

function* create(args: CreateArgs): Steps<{ readonly guest: string; readonly host: string }> {
  const { guest, host, disks, power } = args
  yield* progress('claim', `what ${guest.name} needs of ${host.name}`)
  yield* claimed(rowsUndo(`forget guest ${guest.name}`, `hostless vm destroy ${guest.name}`), needsOf(args))
  if (args.remembered) yield* remember(host, guest.name, args.remembered)
  if (disks.length > 0) yield* progress('disks', disks.map((one) => one.vdev).join(', '))
  yield* all(disks.map((one) => () => made(one, args)))
  if (power === 'on') yield* bring(args)
  return { guest: guest.uuid, host: host.id }
}

export function* made(
  { disk, vg, thinPool, sizeBytes, image, vdev: at }: NewDisk,
  { guest, host, epoch }: Owner & Pick<CreateArgs, 'epoch'>,
): Steps {
  yield* undoable(
    {
      what: `remove disk ${at} of ${guest.name} from VG ${vg.name} of ${host.name}`,
      command: `on ${host.name}: lvremove ${vg.name}/${lvOf(disk)}`,
      requests: [order(host.id, { kind: 'remove-disk', vg, disk }, { patience: DISK_PATIENCE })],
    },
    request(
      host.id,
      {
        ...{ kind: 'make-disk', vg, disk, guest: guest.uuid, generation: GENERATION, epoch, sizeBytes },
        ...(thinPool === undefined ? {} : { thinPool }),
        ...(image ? { image } : {}),
      },
      { patience: DISK_PATIENCE },
    ),
  )
}

function needsOf(args: CreateArgs): readonly Need[] {
  const { guest, disks, power } = args
  const of = { guest: guest.uuid, keep: guest.name }
  return [
    { ...of, part: 'name', kind: 'guest-name', name: guest.name },
    ...disks.flatMap((disk) => diskNeeds(disk, args)),
    ...guest.nics.map(({ mac }): Need => ({ ...of, part: `nic ${mac}`, kind: 'mac', mac })),
    ...(power === 'on' ? runningNeeds(args) : []),
  ]
}

/** Thin, it takes of its pool, as it is written. */
export function diskNeeds({ disk, vg, thinPool, sizeBytes, access }: NewDisk, { guest, host }: Owner): readonly Need[] {
  const of = { guest: guest.uuid, keep: guest.name, part: diskPart(disk), host: host.id }
  const space: Need = { ...of, kind: 'space', vg: vg.uuid, lv: lvOf(disk), bytes: sizeBytes }
  const writer: Need = { ...of, kind: 'writer', device: `/dev/${vg.name}/${lvOf(disk)}` }
  return [...(thinPool === undefined ? [space] : []), ...(access === 'read-write' ? [writer] : [])]
}

async function rows(transaction: Transaction, automation: string, args: CreateArgs, entries: readonly JournalEntry[]): Promise<void> {
  const { guest, host, disks, spec, who, cpu } = args
  const book = await bookOf(transaction, automation, entries)
  for (const { effect, answer, at } of book.now) {
    if (effect.kind === 'claim' && answer.kind === 'value') {
      const { uuid: id, name } = guest
      await addGuest(transaction, { uuid: id, name, spec, host: host.id, power: 'off', since: at, created: at, created_by: who })
      for (const one of disks) await putDisk(transaction, diskRow(one, args))
    }
    if (effect.kind === 'undone' && isRowsUndo(book.effectOf(effect.of)) && isGranted(book)) {
      await removeGuest(transaction, guest.uuid)
      await removeClaims(transaction, 'guest', guest.uuid)
    }
  }
  await rowsOfHost(transaction, guest.uuid, book, { cpu })
}

export function diskRow({ disk, vdev: at, vg, sizeBytes, access, image }: NewDisk, { guest, host }: Owner) {
  return {
    ...{ id: disk, guest: guest.uuid, vdev: at, host: host.id, vg_name: vg.name, vg_uuid: vg.uuid, size_bytes: sizeBytes },
    ...{ generation: GENERATION, access, state: 'making', image: image?.id ?? null },
  }
}
