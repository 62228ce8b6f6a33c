// The request part-disk: the host that does not have the guest lets go of its disk. What was held back of a guest that has gone elsewhere is
// never written: it fails, and nobody hears it.
import { deviceOf, lvOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { refused } from '../requests/refusal.ts'
import type { World } from '../requests/world.ts'
import { closeDisk } from '../volumes/device.ts'
import { mapOfLv } from '../volumes/lvm.ts'
import { readMaps, swapTable, tableOf } from '../volumes/maps.ts'
import { isSuspended, whoRuns } from './fence.ts'
import { fencePath } from './names.ts'

export async function partDisk(world: World, body: RequestOf<'part-disk'>): Promise<AnswerOf<'part-disk'> | Refusal> {
  const { vg, disk, guest } = body
  const runs = await whoRuns(world, guest)
  if (runs !== undefined) return refused('unable', `${deviceOf(disk)} stays: ${runs}`)
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  const failure = maps.maps.has(deviceOf(disk)) ? await drained(world, disk) : undefined
  if (failure !== undefined) return refused('unable', `${deviceOf(disk)} stays suspended: ${failure}`)
  const closed = await closeDisk(world, body)
  if (closed.kind === 'refused') return refused('unable', closed.reason)
  await world.files.remove(fencePath(disk))
  const after = await readMaps(world)
  await world.collect(['vgs', 'lvs'])
  if (after.kind === 'unread') return refused('unable', after.reason)
  return after.maps.has(mapOfLv(vg.name, lvOf(disk)))
    ? refused('unable', `the LV ${vg.name}/${lvOf(disk)} stays active on this host`)
    : { kind: 'disk-parted', was: closed.was }
}

/** A suspended device is not removed: what waits in it would wait for ever. */
async function drained(world: World, disk: Uuid): Promise<string | undefined> {
  if (!(await isSuspended(world, disk))) return undefined
  const [line = ''] = (await tableOf(world, deviceOf(disk))) ?? []
  const sectors = /^0 (\d+) /.exec(line)?.[1]
  return sectors === undefined ? 'what it leads to cannot be read' : swapTable(world, deviceOf(disk), `0 ${sectors} error`)
}
