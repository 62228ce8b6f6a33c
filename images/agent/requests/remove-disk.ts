// The request remove-disk: the device of a disk and its LV are not there any more, and its space is discarded. Only an LV whose tags say
// that it is this disk goes.
import { deviceOf, lvOf, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { activateVolume, changeTags, discard, openCount, removeVolume } from '../volumes/change.ts'
import { closeDisk } from '../volumes/device.ts'
import { type FoundGroup, type FoundVolume, findGroup, volumeOf } from '../volumes/find.ts'
import { dependants, sayTags } from '../volumes/judge.ts'
import { mapOfLv } from '../volumes/lvm.ts'
import { sayUsers } from '../volumes/users.ts'
import { refused } from './refusal.ts'
import type { Task } from './task.ts'
import type { World } from './world.ts'

type Body = RequestOf<'remove-disk'>

export async function removeDisk(world: World, body: Body, task: Task): Promise<AnswerOf<'remove-disk'> | Refusal> {
  const group = await findGroup(world, body.vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const there = volumeOf(group, body.disk)
  const stays = (await whyLeftAlone(world, group, there, body)) ?? (there && (await takeAway(world, there, task)))
  if (stays !== undefined) {
    // Its answer may have been lost.
    const after = await findGroup(world, body.vg)
    const isGone = there !== undefined && after.kind === 'found' && volumeOf(after, body.disk) === undefined
    if (!isGone) return refused('unable', stays)
  }
  await world.collect(['vgs', 'lvs'])
  return { kind: 'disk-removed', was: there ? 'there' : 'not there' }
}

/** With its device closed, when it is undefined. */
async function whyLeftAlone(
  world: World,
  group: FoundGroup,
  there: FoundVolume | undefined,
  { vg, disk }: Body,
): Promise<string | undefined> {
  const lv = `the LV ${vg.name}/${lvOf(disk)}`
  if (there && there.tags?.disk !== disk) return `${lv} is not known to be this disk: ${sayTags(there.lv.tags)}. It is left alone`
  const users = there ? dependants(group, there.lv) : []
  if (users.length > 0) return `${lv} has snapshots: ${users.slice(0, 6).join(', ')}`
  const closed = await closeDisk(world, { vg, disk })
  if (closed.kind === 'refused')
    return closed.cause === 'open' ? `${closed.reason}: ${await sayUsers(world, `/dev/mapper/${deviceOf(disk)}`)}` : closed.reason
  // While it is discarded a program of ours has it open: that it is not ready says so.
  const open = there?.tags?.state === 'ready' ? ((await openCount(world, there.lv)) ?? 0) : 0
  return open === 0 ? undefined : `${lv} is in use: ${await sayUsers(world, `/dev/mapper/${mapOfLv(vg.name, lvOf(disk))}`)}`
}

/** Undefined when it is gone. */
async function takeAway(world: World, { lv, tags }: FoundVolume, task: Task): Promise<string | undefined> {
  // An agent that ends in the midst of it leaves no disk that is half discarded and said to be ready.
  const [ready, unready] = tags ? [writeDiskTags(tags), writeDiskTags({ ...tags, state: 'making' })] : [[], []]
  const failure = await changeTags(world, lv, { without: (tag) => ready.includes(tag), and: unready })
  if (failure !== undefined) return `the LV ${lv.vg}/${lv.name} cannot be told to be no disk any more: ${failure}`
  if (lv.pool === undefined && (await activateVolume(world, lv)) === undefined) {
    task.tell({ phase: 'discarding', done: 0, unit: 'LV' })
    await discard(task, lv)
  }
  if (task.signal.aborted) return `it was stopped: the LV ${lv.vg}/${lv.name} stays, and is not ready any more`
  const stays = await removeVolume(world, lv)
  return stays === undefined ? undefined : `the LV ${lv.vg}/${lv.name} does not go: ${stays}`
}
