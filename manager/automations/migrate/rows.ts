// The rows and claims that follow from a move: from the moment on when the new host has the guest, all of it is that host's.

import type { JournalEntry } from '../../automation/journal.ts'
import type { CpuFeatures } from '../../cpu/host.ts'
import { eitherCpu, readCpu } from '../../guests/cpu.ts'
import type { Transaction } from '../../store/database.ts'
import { addClaims, claimsOf, removeClaims } from '../../store/tables/claims.ts'
import { changeGuest, disksOf, guestOf, putDisk } from '../../store/tables/guests.ts'
import { comeHome } from '../../store/tables/homes.ts'
import { RUNNING_PARTS } from '../guests/parts.ts'
import { diskPart } from '../guests/rows.ts'
import { bookOf } from '../guests/written.ts'
import { generationOf, type MigrateArgs } from './args.ts'
import { START } from './restarting.ts'
import { going, staying } from './shared.ts'

/** From it on the guest is the new host's. */
export const MOVED = 'clean up'

export async function moveRows(
  transaction: Transaction,
  automation: string,
  args: MigrateArgs,
  entries: readonly JournalEntry[],
): Promise<void> {
  const { now } = await bookOf(transaction, automation, entries)
  const { guest, from, to, disks, way, restarting } = args
  for (const { effect, answer, at } of now) {
    if (answer.kind !== 'value' || effect.kind !== 'request' || effect.body.kind !== 'start-guest') continue
    const back = effect.host === from.id ? { cpu: restarting?.cpu ? JSON.stringify(restarting.cpu) : null } : {}
    await changeGuest(transaction, guest.uuid, { since: at, ...back })
  }
  const whose = way === 'restarted' ? START : MOVED
  const moved = now.find(({ effect }) => effect.kind === 'progress' && effect.phase === whose)
  if (!moved) return
  const cpu = await cpuAfter(transaction, args)
  await changeGuest(transaction, guest.uuid, { host: to.id, since: moved.at, cpu: cpu ? JSON.stringify(cpu) : null })
  const rows = await disksOf(transaction, guest.uuid)
  for (const { disk, to: vg, ...one } of disks) {
    const row = rows.find(({ id }) => id === disk)
    if (row) await putDisk(transaction, { ...row, host: to.id, vg_name: vg.name, vg_uuid: vg.uuid, generation: generationOf(one) })
  }
  await moveClaims(transaction, automation, args)
  await comeHome(transaction, guest.uuid, to.id)
}

async function cpuAfter(transaction: Transaction, { guest, cpu, way }: MigrateArgs): Promise<CpuFeatures | undefined> {
  // It is built anew, and keeps nothing of the old host's.
  if (way === 'restarted') return cpu
  const row = await guestOf(transaction, guest.uuid)
  return eitherCpu(readCpu(row?.cpu ?? null), cpu)
}

/**
 * What the automation has taken of the new host for it takes the place of what the guest had of the old one. A disk that stays where it is
 * has the same of its LUN, whichever host writes there.
 */
async function moveClaims(transaction: Transaction, automation: string, { guest, to, disks }: MigrateArgs): Promise<void> {
  const parts = [...RUNNING_PARTS, ...going({ disks }).map(({ disk }) => diskPart(disk))]
  const stay = staying({ disks }).map(({ disk }) => diskPart(disk))
  const [taken, had] = [await claimsOf(transaction, 'automation', automation), await claimsOf(transaction, 'guest', guest.uuid)]
  const mover = { holder_kind: 'automation', holder: automation, holder_name: `automation ${automation} (a move of ${guest.name})` }
  const holder = { holder_kind: 'guest', holder: guest.uuid, holder_name: guest.name }
  await removeClaims(transaction, 'guest', guest.uuid, parts)
  await removeClaims(transaction, 'automation', automation, parts)
  await addClaims(transaction, [
    ...taken.filter(({ part }) => parts.includes(part)).map((row) => ({ ...row, ...holder })),
    ...had.filter(({ part }) => part === 'run').map((row) => ({ ...row, item: to.id })),
    // Until it is told to be left, what lies on the old host is somebody's; and so is the memory of what stands still there.
    ...had
      .filter(({ part }) => part === 'memory' || (part.startsWith(diskPart('')) && !stay.includes(part)))
      .map((row) => ({ ...row, ...mover, part: `left ${row.part}` })),
  ])
}
