// The request leave-disk: what a guest has left behind on the host that it came from. Nothing starts on it; until its time is over it can be
// gone back to by hand, and then it is removed. What somebody has made a snapshot of has no such time: with it the snapshot would go.
import { lvOf, untilTag, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import type { World } from '../requests/world.ts'
import { changeTags } from '../volumes/change.ts'
import { closeDisk } from '../volumes/device.ts'
import { findGroup, volumeOf } from '../volumes/find.ts'
import { dependants } from '../volumes/judge.ts'
import { takeDown } from './drop.ts'

export async function leaveDisk(world: World, body: RequestOf<'leave-disk'>): Promise<AnswerOf<'leave-disk'> | Refusal> {
  const { vg, disk, generation, untilMs } = body
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const found = volumeOf(group, disk)
  if (!found) return { kind: 'disk-left', was: 'left' }
  if (found.tags?.disk !== disk || found.tags.generation !== generation)
    return refused(
      'unable',
      `the LV ${vg.name}/${lvOf(disk)} is not the disk that was left: its generation is ${found.tags?.generation ?? 'not known'}`,
    )
  // Open: the guest's domain is there still.
  const closed = await closeDisk(world, body)
  if (closed.kind === 'refused') return refused('unable', closed.reason)
  const down = await takeDown(world, body)
  if (down !== undefined) return refused('unable', down)
  const snapshots = dependants(group, found.lv)
  const was = found.tags.state === 'stale' ? 'left' : 'not left'
  const old = writeDiskTags(found.tags)
  const failure = await changeTags(world, found.lv, {
    without: (tag) => old.includes(tag),
    and: [...writeDiskTags({ ...found.tags, state: 'stale' }), ...(was === 'left' || snapshots.length > 0 ? [] : [untilTag(untilMs)])],
  })
  await world.collect(['vgs', 'lvs', 'drbd'])
  return failure === undefined
    ? { kind: 'disk-left', was, ...(snapshots.length > 0 ? { snapshots: snapshots.slice(0, 64) } : {}) }
    : refused('unable', `the LV ${vg.name}/${lvOf(disk)} cannot be told to be left: ${failure}`)
}
