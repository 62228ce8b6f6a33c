// The requests make-copy, expose-copy and keep-copy: the LV on the host that a guest goes to, from before it holds anything until it is the
// disk. Until then its tags say `making`, and nothing starts on it.
import { type DiskTags, deviceOf, lvOf, mirrorOf, untilOf, writeDiskTags } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from '../requests/refusal.ts'
import { removeDisk } from '../requests/remove-disk.ts'
import type { Task } from '../requests/task.ts'
import { failureOf, type World } from '../requests/world.ts'
import { forgetSeeds } from '../seeds/plan.ts'
import { activateVolume, changeTags, createVolume, removeVolume, zero } from '../volumes/change.ts'
import { type FoundVolume, findGroup, volumeOf } from '../volumes/find.ts'
import { dependants, lackOfRoom, roundedUp, sayTags } from '../volumes/judge.ts'
import { lvmCommand, mapOfLv } from '../volumes/lvm.ts'
import { createMap, linear, readMaps, removeMap, tableOf } from '../volumes/maps.ts'
import { rawOf, SECTOR, settledPath } from './names.ts'
import { endLeftSockets } from './sockets.ts'

type Making = RequestOf<'make-copy'>

export async function makeCopy(world: World, body: Making, task: Task): Promise<AnswerOf<'make-copy'> | Refusal> {
  const { vg, disk, guest, generation, epoch, sizeBytes, thinPool } = body
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const found = volumeOf(group, disk)
  const name = `the LV ${vg.name}/${lvOf(disk)}`
  const tags = { disk, guest, generation, epoch, state: 'making' } as const
  const left = found && leftOf(found, body) ? found : undefined
  // Removed with it, or of other content than when they were made: they are somebody's.
  const snapshots = left ? dependants(group, left.lv) : []
  if (snapshots.length > 0)
    return refused(
      'unable',
      `${name}, which the guest has left behind, has snapshots: ${snapshots.slice(0, 6).join(', ')}. Remove them first`,
    )
  const isKept = body.left === 'kept' && left?.lv.sizeBytes === roundedUp(sizeBytes, group.vg) && left.lv.pool === thinPool
  if (left) {
    const failure = isKept ? await become(world, left, tags) : await removeVolume(world, left.lv)
    const what = isKept ? 'does not become the copy' : 'does not go'
    if (failure !== undefined) return refused('unable', `${name}, which the guest has left behind, ${what}: ${failure}`)
  }
  const there = left ? undefined : found
  if (there && (there.tags?.disk !== disk || there.tags.guest !== guest || there.tags.state !== 'making'))
    return refused(
      'unable',
      `${name} is there, and no copy that is being made: ${sayTags(there.lv.tags)}. Remove it, or move the guest elsewhere`,
    )
  if (there && there.tags?.generation !== generation)
    return refused('unable', `${name} is a copy of generation ${there.tags?.generation}, and ${generation} is to be made: it is left alone`)
  if (!there && !isKept) {
    // What it has left behind has made room for the newer copy.
    const room = left ? await findGroup(world, vg) : group
    if (room.kind === 'refused') return refused('unable', room.reason)
    const lack = lackOfRoom(room, body, 0)
    if (lack !== undefined) return refused('unable', lack)
    const size = { name: lvOf(disk), sizeBytes: roundedUp(sizeBytes, group.vg), ...(thinPool === undefined ? {} : { thinPool }) }
    const failure = await createVolume(world, { vg: group.vg, ...size, tags })
    if (failure !== undefined) return refused('unable', `${name} cannot be made: ${failure}`)
  }
  const after = await findGroup(world, vg)
  const made = after.kind === 'found' ? volumeOf(after, disk) : undefined
  if (!made) return refused('unknown', after.kind === 'refused' ? after.reason : `${name} is not there, though it was made`)
  // What is behind the copy would be another guest's old data, once it is the guest's.
  const tail = { from: sizeBytes, to: made.lv.sizeBytes }
  const isBare = made.lv.pool === undefined && tail.from < tail.to
  const failure = (await activateVolume(world, made.lv)) ?? (isBare ? await zero(world, task, made.lv, tail, 'shares') : undefined)
  await world.collect(['vgs', 'lvs'])
  return failure === undefined
    ? { kind: 'copy-made', was: there ? 'there' : 'not there' }
    : refused('unable', `${name} is not ready: ${failure}`)
}

/** What was to go at its time is a copy that is made, from one moment to the next: a seed compares all of it. */
function become(world: World, { lv, tags: old }: FoundVolume & { readonly tags: DiskTags }, tags: DiskTags): Promise<string | undefined> {
  const gone = (tag: string): boolean => writeDiskTags(old).includes(tag) || untilOf([tag]) !== undefined
  return changeTags(world, lv, { without: gone, and: writeDiskTags(tags) })
}

/** The guest was here before, with an older generation. */
function leftOf(found: FoundVolume, { disk, guest, generation }: Making): found is FoundVolume & { readonly tags: DiskTags } {
  const { tags } = found
  return tags?.disk === disk && tags.guest === guest && tags.state === 'stale' && tags.generation < generation
}

export async function removeCopy(world: World, body: RequestOf<'remove-copy'>, task: Task): Promise<AnswerOf<'remove-copy'> | Refusal> {
  const { vg, disk, generation } = body
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const tags = volumeOf(group, disk)?.tags
  if (tags?.disk !== disk || tags.state !== 'making' || tags.generation !== generation) return { kind: 'copy-removed', was: 'not there' }
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  if (maps.maps.has(rawOf(disk))) return refused('unable', `a mirror has ${vg.name}/${lvOf(disk)} open: drop-mirror first`)
  const removed = await removeDisk(world, { kind: 'remove-disk', vg, disk }, task)
  return removed.kind === 'refused' ? removed : { kind: 'copy-removed', was: removed.was }
}

export async function exposeCopy(
  world: World,
  { vg, disk, guest, sizeBytes }: RequestOf<'expose-copy'>,
): Promise<AnswerOf<'expose-copy'> | Refusal> {
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const copy = volumeOf(group, disk)
  if (copy?.tags?.disk !== disk || copy.tags.guest !== guest || copy.tags.state !== 'making')
    return refused('unable', `there is no copy ${vg.name}/${lvOf(disk)} of this guest that is being made`)
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  const under = maps.maps.get(mapOfLv(vg.name, lvOf(disk)))
  if (!under) return refused('unable', `the LV ${vg.name}/${lvOf(disk)} is not active`)
  const table = linear(Math.floor(sizeBytes / SECTOR), under.number)
  if (maps.maps.has(deviceOf(disk))) {
    const isSo = (await tableOf(world, deviceOf(disk)))?.join('\n') === table
    return isSo
      ? { kind: 'copy-exposed', was: 'there' }
      : refused('unable', `${deviceOf(disk)} leads to something else: end what goes by it`)
  }
  const failure =
    (await failureOf(world.backend, ['blockdev', '--flushbufs', `/dev/${vg.name}/${lvOf(disk)}`])) ??
    (await createMap(world, deviceOf(disk), table))
  return failure === undefined
    ? { kind: 'copy-exposed', was: 'not there' }
    : refused('unable', `${deviceOf(disk)} cannot be made: ${failure}`)
}

export async function keepCopy(world: World, body: RequestOf<'keep-copy'>): Promise<AnswerOf<'keep-copy'> | Refusal> {
  const { vg, disk, guest, generation, epoch } = body
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const copy = volumeOf(group, disk)
  if (copy?.tags?.disk !== disk || copy.tags.guest !== guest || copy.tags.generation !== generation)
    return refused('unable', `there is no copy ${vg.name}/${lvOf(disk)} of this guest with generation ${generation}`)
  const was = copy.tags.state === 'ready' ? 'kept' : 'not kept'
  const tags = { disk, guest, generation, epoch }
  const old = writeDiskTags(copy.tags)
  const failure = await changeTags(world, copy.lv, {
    without: (tag) => old.includes(tag),
    and: writeDiskTags({ ...tags, state: 'ready' }),
  })
  if (failure !== undefined) return refused('unable', `the copy ${vg.name}/${lvOf(disk)} cannot be told to be the disk: ${failure}`)
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  const raw = maps.maps.has(rawOf(disk)) ? await removeMap(world, rawOf(disk)) : undefined
  if (raw !== undefined) return refused('unable', `${rawOf(disk)} does not go: ${raw}`)
  await world.files.remove(settledPath(disk))
  await forgetSeeds(world, disk)
  await endLeftSockets(world)
  const meta = group.lvs.find(({ name }) => name === mirrorOf(disk))
  const stays = meta && (await failureOf(world.backend, lvmCommand('lvremove', '-y', `${vg.name}/${meta.name}`)))
  await world.collect(['vgs', 'lvs'])
  return stays === undefined ? { kind: 'copy-kept', was } : refused('unable', `the LV ${vg.name}/${mirrorOf(disk)} does not go: ${stays}`)
}

export const copyChanges = { 'make-copy': makeCopy, 'remove-copy': removeCopy, 'expose-copy': exposeCopy, 'keep-copy': keepCopy } as const
