// The request grow-disk: a larger LV, also under a guest that runs. Its device reaches into the new part only when that is zeroed, and a
// tag of the LV says so meanwhile (volumes/growth.ts).
import { deviceOf, lvOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Lv } from '../../../manager/protocol/storage.ts'
import { activateVolume, changeTags, deactivateVolume, extendVolume, zero } from '../volumes/change.ts'
import { type FoundGroup, findGroup, volumeOf } from '../volumes/find.ts'
import { soundBytes, soundTag, soundTagsOf } from '../volumes/growth.ts'
import { dependants, lackOfRoom, roundedUp, sayTags } from '../volumes/judge.ts'
import { mapOfLv } from '../volumes/lvm.ts'
import { linear, readMaps, swapTable, tableOf } from '../volumes/maps.ts'
import { refused } from './refusal.ts'
import type { Task } from './task.ts'
import type { World } from './world.ts'

type Body = RequestOf<'grow-disk'>

const SECTOR = 512

export async function growDisk(world: World, body: Body, task: Task): Promise<AnswerOf<'grow-disk'> | Refusal> {
  const found = await find(world, body)
  if (typeof found === 'string') return refused('unable', found)
  const failure = (await extend(world, found.group, found.lv, body)) ?? (await makeSound(world, body, task)) ?? (await reach(world, body))
  await world.collect(['vgs', 'lvs'])
  if (failure !== undefined) return refused('unable', failure)
  const after = await find(world, body)
  return typeof after === 'string' ? refused('unknown', after) : { kind: 'disk-grown', sizeBytes: after.lv.sizeBytes }
}

async function find(world: World, { vg, disk }: Body): Promise<{ readonly group: FoundGroup; readonly lv: Lv } | string> {
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return group.reason
  const there = volumeOf(group, disk)
  const name = `the LV ${vg.name}/${lvOf(disk)}`
  if (!there) return `there is no LV ${vg.name}/${lvOf(disk)} on this host`
  if (there.tags?.disk !== disk) return `${name} is not known to be this disk: ${sayTags(there.lv.tags)}`
  if (there.tags.state !== 'ready') return `${name} is not ready: not all of its content is there`
  const users = dependants(group, there.lv)
  if (users.length > 0) return `${name} has snapshots, and cannot grow with them: ${users.slice(0, 6).join(', ')}`
  return { group, lv: there.lv }
}

/** With the tag on it before it is larger: from then on nobody takes the new part for the guest's. */
async function extend(world: World, group: FoundGroup, lv: Lv, body: Body): Promise<string | undefined> {
  const { vg } = group
  const wanted = roundedUp(body.sizeBytes, vg)
  if (lv.sizeBytes >= wanted) return undefined
  const lack =
    lv.pool === undefined
      ? lackOfRoom(group, { sizeBytes: wanted - lv.sizeBytes }, 0)
      : lackOfRoom(group, { thinPool: lv.pool, sizeBytes: wanted - lv.sizeBytes }, 0)
  if (lack !== undefined) return lack
  const untagged =
    soundTagsOf(lv).length > 0 ? undefined : await changeTags(world, lv, { without: () => false, and: [soundTag(lv.sizeBytes)] })
  if (untagged !== undefined) return `the LV ${lv.vg}/${lv.name} cannot be tagged: ${untagged}`
  const failure = await extendVolume(world, lv, wanted / vg.extentBytes)
  if (failure === undefined) return undefined
  // It may have grown all the same, or the tag is for nothing: both is seen by who goes on, and both is safe.
  const after = await find(world, body)
  return typeof after !== 'string' && after.lv.sizeBytes >= wanted ? undefined : `the LV ${lv.vg}/${lv.name} cannot be extended: ${failure}`
}

/** What is behind its sound part is zeroed, and then told to be sound. */
async function makeSound(world: World, body: Body, task: Task): Promise<string | undefined> {
  const found = await find(world, body)
  if (typeof found === 'string') return found
  const { lv } = found
  const range = { from: soundBytes(lv), to: lv.sizeBytes }
  if (range.from < range.to && lv.pool === undefined) {
    const failure = (await activateVolume(world, lv)) ?? (await zero(world, task, lv, range, 'shares'))
    if (failure !== undefined) return `the new part of the LV ${lv.vg}/${lv.name} cannot be zeroed: ${failure}`
    const busy = await whoElse(world, body)
    if (busy !== undefined) return busy
  }
  if (task.signal.aborted) return 'it was stopped before its new part was ready'
  const failure = await changeTags(world, lv, { without: (tag) => soundTagsOf(lv).includes(tag), and: [] })
  return failure === undefined ? undefined : `the LV ${lv.vg}/${lv.name} cannot be told to be whole: ${failure}`
}

/** A program of an agent before this one that still zeroes would do so under the guest's hands. */
async function whoElse(world: World, { vg, disk }: Body): Promise<string | undefined> {
  const read = await readMaps(world)
  if (read.kind === 'unread') return `who has the LV ${vg.name}/${lvOf(disk)} open is not known: ${read.reason}`
  const open = read.maps.get(mapOfLv(vg.name, lvOf(disk)))?.open ?? 0
  return open <= (read.maps.has(deviceOf(disk)) ? 1 : 0)
    ? undefined
    : `the LV ${vg.name}/${lvOf(disk)} is open elsewhere, and may be written to`
}

/** The device over it, where there is one, has all of it. */
async function reach(world: World, body: Body): Promise<string | undefined> {
  const { vg, disk } = body
  const found = await find(world, body)
  if (typeof found === 'string') return found
  const read = await readMaps(world)
  if (read.kind === 'unread') return `whether ${deviceOf(disk)} is there is not known: ${read.reason}`
  const under = read.maps.get(mapOfLv(vg.name, lvOf(disk)))
  if (!read.maps.has(deviceOf(disk))) {
    // A mere tidying up: a disk that nobody has open is not active.
    if (under?.open === 0) await deactivateVolume(world, found.lv)
    return undefined
  }
  const table = await tableOf(world, deviceOf(disk))
  const [line = ''] = table ?? []
  if (!under || table?.length !== 1 || !new RegExp(`^0 \\d+ linear ${under.number} 0$`).test(line))
    return `${deviceOf(disk)} does not lead to the LV ${vg.name}/${lvOf(disk)} itself, but: ${table?.join(', ') ?? 'it cannot be read'}`
  const wanted = linear(Math.floor(found.lv.sizeBytes / SECTOR), under.number)
  const failure = line === wanted ? undefined : await swapTable(world, deviceOf(disk), wanted)
  return failure === undefined ? undefined : `${deviceOf(disk)} keeps its size: ${failure}`
}
