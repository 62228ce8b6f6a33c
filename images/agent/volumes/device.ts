// The device of a guest's disk, `g` of the migration: a dm-linear map of ours over the LV, which is what a guest opens. Made when a guest
// is about to start, taken away when it has ended. Nothing of dom0 looks into it (udev rules of the image).
import { deviceOf, lvOf, type VgRef } from '../../../manager/protocol/guest-disk.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { lookMirror } from '../mirrors/look.ts'
import { DRBD_MAJOR, rawOf } from '../mirrors/names.ts'
import type { World } from '../requests/world.ts'
import { activateVolume, deactivateVolume } from './change.ts'
import { findGroup, type Refused, unable, volumeOf } from './find.ts'
import { soundBytes } from './growth.ts'
import { sayTags } from './judge.ts'
import { mapOfLv } from './lvm.ts'
import { createMap, type DmMap, linear, readMaps, removeMap, tableOf } from './maps.ts'

const SECTOR = 512

export interface DiskToOpen {
  readonly vg: VgRef
  readonly disk: Uuid
  readonly guest: Uuid
  /** As its tags have it; another one is refused. */
  readonly generation: number
}

export type Opened = { readonly kind: 'opened'; readonly device: string; readonly sizeBytes: number } | Refused
export type Closed = { readonly kind: 'closed'; readonly was: 'there' | 'not there' } | Refused

export type DeviceWorld = Pick<World, 'backend'>

/**
 * The path of the device for this guest's domain; made where it is not there. Refused (`cause: 'open'`) while something has it or the LV
 * open: a domain that is ending may hold it for a moment.
 */
export async function openDisk(world: DeviceWorld, { vg: ref, disk, guest, generation }: DiskToOpen): Promise<Opened> {
  const group = await findGroup(world, ref)
  if (group.kind === 'refused') return group
  const found = volumeOf(group, disk)
  const lv = `${ref.name}/${lvOf(disk)}`
  if (!found) return unable(`there is no LV ${lv} on this host`)
  const { tags } = found
  if (!tags || tags.disk !== disk) return unable(`the LV ${lv} is not known to be this disk: ${sayTags(found.lv.tags)}`)
  if (tags.guest !== guest) return unable(`the LV ${lv} is a disk of the guest ${tags.guest}, not of ${guest}`)
  if (tags.state !== 'ready') return unable(`the LV ${lv} is not ready: not all of its content is there`)
  if (tags.generation !== generation)
    return unable(
      tags.generation < generation
        ? `the LV ${lv} is an older copy: its generation is ${tags.generation}, and ${generation} is what counts`
        : `the LV ${lv} has generation ${tags.generation}, and ${generation} was asked for: a newer copy is what counts`,
    )
  if (!found.lv.active) {
    const failure = await activateVolume(world, found.lv)
    if (failure !== undefined) return unable(`the LV ${lv} cannot be activated: ${failure}`)
  }
  return put(world, { vg: ref.name, disk, sizeBytes: soundBytes(found.lv) })
}

/** Gone, and its LV not active any more where nothing else has it. Refused (`cause: 'open'`) while something has it open. */
export async function closeDisk(world: DeviceWorld, { vg, disk }: { readonly vg: VgRef; readonly disk: Uuid }): Promise<Closed> {
  const read = await readMaps(world)
  if (read.kind === 'unread') return unable(`whether ${deviceOf(disk)} is open is not known: ${read.reason}`)
  const map = read.maps.get(deviceOf(disk))
  if (map && map.open > 0) return isOpen(deviceOf(disk), map.open)
  const failure = map && (await removeMap(world, deviceOf(disk)))
  if (failure !== undefined) return unable(`${deviceOf(disk)} does not go: ${failure}`)
  const lv = read.maps.get(mapOfLv(vg.name, lvOf(disk)))
  // A mere tidying up: whoever has it open keeps it.
  if (lv && lv.open <= (map ? 1 : 0)) await deactivateVolume(world, { vg: vg.name, name: lvOf(disk) })
  return { kind: 'closed', was: map ? 'there' : 'not there' }
}

async function put(world: DeviceWorld, { vg, disk, sizeBytes }: { vg: string; disk: Uuid; sizeBytes: number }): Promise<Opened> {
  const device = deviceOf(disk)
  const read = await readMaps(world)
  if (read.kind === 'unread') return unable(`whether ${device} is there is not known: ${read.reason}`)
  const under = read.maps.get(mapOfLv(vg, lvOf(disk)))
  if (!under) return unable(`the LV ${vg}/${lvOf(disk)} is not active, though it was activated`)
  const map = read.maps.get(device)
  if (map && map.open > 0) return isOpen(device, map.open)
  if (read.maps.has(rawOf(disk))) return putOverMirror(world, disk, map)
  if (under.open > (map ? 1 : 0)) return isOpen(`the LV ${vg}/${lvOf(disk)}`, under.open - (map ? 1 : 0))
  const table = linear(Math.floor(sizeBytes / SECTOR), under.number)
  // One that is left over may have the size of before: nobody has it open, so that it can be made anew.
  if (map && (await tableOf(world, device))?.join('\n') !== table) {
    const failure = await removeMap(world, device)
    if (failure !== undefined) return unable(`${device} leads to something else and does not go: ${failure}`)
  } else if (map) return { kind: 'opened', device: `/dev/mapper/${device}`, sizeBytes }
  const failure = await createMap(world, device, table)
  return failure === undefined
    ? { kind: 'opened', device: `/dev/mapper/${device}`, sizeBytes }
    : unable(`${device} cannot be made: ${failure}`)
}

/** A guest that starts anew while its disk is mirrored: what it wrote past the mirror would be on one host only. */
async function putOverMirror(world: DeviceWorld, disk: Uuid, map: DmMap | undefined): Promise<Opened> {
  const device = deviceOf(disk)
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return unable(`${device} is being mirrored, and how is not known: ${looked.reason}`)
  const { minor, role, disk: state, sizeBytes } = looked.mirror ?? {}
  if (minor === undefined || sizeBytes === undefined || role !== 'Primary' || state !== 'UpToDate')
    return { kind: 'refused', cause: 'open', reason: `${device} is being mirrored, and its mirror cannot be written to here` }
  const opened = { kind: 'opened', device: `/dev/mapper/${device}`, sizeBytes } as const
  const table = linear(Math.floor(sizeBytes / SECTOR), `${DRBD_MAJOR}:${minor}`)
  const isSo = map && (await tableOf(world, device))?.join('\n') === table
  if (isSo) return opened
  const stays = map && (await removeMap(world, device))
  if (stays !== undefined) return unable(`${device} leads past the mirror and does not go: ${stays}`)
  const failure = await createMap(world, device, table)
  return failure === undefined ? opened : unable(`${device} cannot be made: ${failure}`)
}

function isOpen(what: string, times: number): Refused {
  return { kind: 'refused', cause: 'open', reason: `${what} is in use: it is open ${times} ${times === 1 ? 'time' : 'times'}` }
}
