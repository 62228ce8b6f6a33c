// The rows and claims that follow from the steps of change-guest.
import type { JournalEntry } from '../../automation/journal.ts'
import { merged } from '../../guests/difference.ts'
import { type GuestSpec, guestSpec, writeSpec } from '../../protocol/guest-spec.ts'
import type { Transaction } from '../../store/database.ts'
import { addClaims, removeClaims, renameHolder } from '../../store/tables/claims.ts'
import { changeDisk, changeGuest, guestOf, putDisk, removeDisk } from '../../store/tables/guests.ts'
import { type ChangeArgs, KEEP, NAME_PART } from './change-args.ts'
import { diskRow } from './create.ts'
import { isRowsUndo } from './parts.ts'
import { diskPart, rowsOfHost } from './rows.ts'
import { type Book, bookOf, isGranted } from './written.ts'

export async function changeRows(
  transaction: Transaction,
  automation: string,
  args: ChangeArgs,
  entries: readonly JournalEntry[],
): Promise<void> {
  const book = await bookOf(transaction, automation, entries)
  const { guest, host, added } = args
  for (const { effect, answer } of book.now) {
    if (answer.kind !== 'value') continue
    if (effect.kind === 'claim' && host) for (const one of added) await putDisk(transaction, diskRow(one, { guest, host }))
    if (effect.kind === 'progress' && effect.phase === KEEP) await keep(transaction, args)
    if (effect.kind === 'undone' && effect.how !== 'not needed' && isRowsUndo(book.effectOf(effect.of)) && isGranted(book))
      await giveBack(transaction, args, book)
  }
  await rowsOfHost(transaction, guest.uuid, book)
  for (const one of grownIn(book.now, args)) await grow(transaction, args, one)
}

/** From now on it is so, whatever becomes of what is removed. */
async function keep(transaction: Transaction, { guest, rename, before, wanted, removed, goneNics }: ChangeArgs): Promise<void> {
  const { uuid } = guest
  await changeSpec(transaction, uuid, (now) => merged(now, read(before), read(wanted)))
  if (rename !== undefined) {
    await changeGuest(transaction, uuid, { name: rename })
    await renameHolder(transaction, 'guest', uuid, rename)
  }
  for (const { disk } of removed) await changeDisk(transaction, disk, { state: 'leaving' })
  await removeClaims(
    transaction,
    'guest',
    uuid,
    goneNics.map(({ mac }) => `nic ${mac}`),
  )
}

async function giveBack(transaction: Transaction, { guest, rename, added, grown, newNics, claims }: ChangeArgs, book: Book): Promise<void> {
  const larger = new Set(grownIn(book.all, { grown }).map(({ disk }) => diskPart(disk)))
  const parts = [
    ...(rename === undefined ? [] : [NAME_PART]),
    ...added.map(({ disk }) => diskPart(disk)),
    ...grown.map(({ disk }) => diskPart(disk)),
    ...newNics.map(({ mac }) => `nic ${mac}`),
  ].filter((part) => !larger.has(part))
  await removeClaims(transaction, 'guest', guest.uuid, parts)
  await addClaims(
    transaction,
    claims.filter(({ part }) => parts.includes(part)),
  )
  for (const { disk } of added) await removeDisk(transaction, disk)
}

async function grow(
  transaction: Transaction,
  { guest }: ChangeArgs,
  { disk, vdev, sizeBytes }: ChangeArgs['grown'][number],
): Promise<void> {
  await changeDisk(transaction, disk, { size_bytes: sizeBytes })
  await changeSpec(transaction, guest.uuid, (spec) => ({
    ...spec,
    disks: spec.disks.map((one) => (one.vdev === vdev ? { ...one, size: sizeBytes } : one)),
  }))
}

function grownIn(written: Book['all'], { grown }: Pick<ChangeArgs, 'grown'>): ChangeArgs['grown'] {
  const done = written.flatMap(({ effect, answer }) => {
    if (effect.kind !== 'request' || answer.kind !== 'value' || effect.body.kind !== 'grow-disk') return []
    const body: { readonly kind: string; readonly disk?: unknown } = effect.body
    return [String(body.disk)]
  })
  return grown.filter(({ disk }) => done.includes(disk))
}

async function changeSpec(transaction: Transaction, uuid: string, change: (spec: GuestSpec) => GuestSpec): Promise<void> {
  const row = await guestOf(transaction, uuid)
  if (row) await changeGuest(transaction, uuid, { spec: JSON.stringify(writeSpec(change(read(row.spec)))) })
}

function read(spec: string): GuestSpec {
  return guestSpec.parse(JSON.parse(spec))
}
