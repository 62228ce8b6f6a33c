// The request join-disk: the host that a guest goes to makes ready what it will write to. Until then its domain does not run, and the other
// host is the one that writes.
import { deviceOf, lvOf } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { rawOf } from '../mirrors/names.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { activateVolume, deactivateVolume } from '../volumes/change.ts'
import { type FoundGroup, findGroup, volumeOf } from '../volumes/find.ts'
import { soundBytes, soundTagsOf } from '../volumes/growth.ts'
import { dependants, sayTags } from '../volumes/judge.ts'
import { mapOfLv } from '../volumes/lvm.ts'
import { createMap, linear, readMaps, removeMap, tableOf } from '../volumes/maps.ts'
import { isSuspended } from './fence.ts'
import { lunsUnder } from './luns.ts'

type Body = RequestOf<'join-disk'>

const SECTOR = 512

export async function joinDisk(world: World, body: Body): Promise<AnswerOf<'join-disk'> | Refusal> {
  const { vg, disk } = body
  const group = await findGroup(world, vg)
  if (group.kind === 'refused') return refused('unable', group.reason)
  const why = whyNot(group, body)
  if (why !== undefined) return refused('unable', why)
  const luns = await lunsUnder(world, group.vg)
  if ('kind' in luns) return refused('unable', luns.reason)
  const meant = [...new Set(body.luns)].sort()
  if (luns.join() !== meant.join())
    return refused('unable', `the VG ${vg.name} lies on ${luns.join(', ')} here, and on ${meant.join(', ')} where the guest is`)
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return refused('unable', maps.reason)
  const map = maps.maps.get(deviceOf(disk))
  if (map && map.open > 0) return (await isOurs(world, body)) ? { kind: 'disk-joined', was: 'there' } : refused('unable', sayOpen(body))
  if (maps.maps.has(rawOf(disk))) return refused('unable', `a mirror has ${vg.name}/${lvOf(disk)} open: drop-mirror first`)
  if ((maps.maps.get(mapOfLv(vg.name, lvOf(disk)))?.open ?? 0) > (map ? 1 : 0)) return refused('unable', sayOpen(body))
  const failure = await build(world, group, body)
  await world.collect(['vgs', 'lvs'])
  return failure === undefined ? { kind: 'disk-joined', was: 'not there' } : refused('unable', `${deviceOf(disk)} is not ready: ${failure}`)
}

/** Of the LV: what its tags and the VG say. */
function whyNot(group: FoundGroup, { vg, disk, guest, generation }: Body): string | undefined {
  const name = `the LV ${vg.name}/${lvOf(disk)}`
  const found = volumeOf(group, disk)
  if (!found) return `there is no LV ${vg.name}/${lvOf(disk)} on this host`
  const { tags, lv } = found
  if (tags?.disk !== disk || tags.guest !== guest || tags.state !== 'ready' || tags.generation !== generation)
    return `${name} is not the disk that is meant, of generation ${generation}: ${sayTags(lv.tags)}`
  if (soundTagsOf(lv).length > 0) return `${name} is being made larger: that is to be ended first`
  if (lv.pool !== undefined) return `${name} is thin: its pool can be active on one host only`
  const snapshots = dependants(group, lv)
  // What each host has mapped of them is as it was then, and nobody tells it of what the other has written since.
  if (snapshots.length > 0 || lv.origin !== undefined)
    return `${name} has snapshots, or is one, which two hosts cannot have at a time: ${snapshots.slice(0, 6).join(', ')}`
  return undefined
}

/** The domain that is built has it open, and it leads to the disk. */
async function isOurs(world: World, { vg, disk }: Body): Promise<boolean> {
  const maps = await readMaps(world)
  const under = maps.kind === 'read' ? maps.maps.get(mapOfLv(vg.name, lvOf(disk))) : undefined
  const [line = ''] = (await tableOf(world, deviceOf(disk))) ?? []
  return under !== undefined && line.endsWith(` linear ${under.number} 0`) && !(await isSuspended(world, disk))
}

function sayOpen({ vg, disk }: Body): string {
  return `the LV ${vg.name}/${lvOf(disk)} is in use on this host`
}

/** Active anew, as the VG's metadata says now: where it lies, and its size, may be other than when this host had it last. */
async function build(world: World, group: FoundGroup, { vg, disk }: Body): Promise<string | undefined> {
  const found = volumeOf(group, disk)
  if (!found) return 'its LV is gone'
  const stays = await cleared(world, vg.name, disk)
  if (stays !== undefined) return stays
  const failure = await activateVolume(world, found.lv)
  if (failure !== undefined) return failure
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return maps.reason
  const under = maps.maps.get(mapOfLv(vg.name, lvOf(disk)))
  if (!under) return 'its LV is not active, though it was activated'
  return (
    // What dom0 has read of it before is not what is there now.
    (await failureOf(world.backend, ['blockdev', '--flushbufs', `/dev/${vg.name}/${lvOf(disk)}`])) ??
    (await createMap(world, deviceOf(disk), linear(Math.floor(soundBytes(found.lv) / SECTOR), under.number)))
  )
}

/** Undefined when neither the device nor the LV is there, active, any more. Nobody has them open. */
async function cleared(world: World, vg: string, disk: Uuid): Promise<string | undefined> {
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return maps.reason
  const failure = maps.maps.has(deviceOf(disk)) ? await removeMap(world, deviceOf(disk)) : undefined
  if (failure !== undefined) return failure
  return maps.maps.has(mapOfLv(vg, lvOf(disk))) ? deactivateVolume(world, { vg, name: lvOf(disk) }) : undefined
}
