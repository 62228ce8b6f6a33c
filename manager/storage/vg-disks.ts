// Which disks of a host may become PVs of a VG: `empty` ones are proven so, from sections that were read; others take that their serial
// number or WWID was typed. Each disk that is not taken has its reason. Pure.

import type { KnownHost } from '../claims/claim.ts'
import { doOverlap } from '../claims/extents.ts'
import { type Uses, usesOf } from '../claims/uses.ts'
import type { Refused } from '../outcome.ts'
import { stateOf } from '../protocol/host.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import type { DiskRef } from '../protocol/requests/vgs.ts'
import type { BlockDevice } from '../protocol/storage.ts'
import { sayUnread, unreadOf } from '../protocol/unread.ts'
import { sayBytes } from '../wording.ts'

/** A disk, or a multipath map, which stands for its paths. */
export interface Candidate {
  /** The kernel's name, or the map's. */
  readonly name: string
  readonly wwid: string | undefined
  readonly serial: string | undefined
  readonly model: string | undefined
  readonly sizeBytes: number
  /** Why it is not taken as empty; undefined: it may be. */
  readonly notEmpty: string | undefined
  /** Why it is not taken, whatever is typed; undefined: it may be. */
  readonly inUse: string | undefined
}

export type Candidates = { readonly kind: 'candidates'; readonly disks: readonly Candidate[] } | Refused

export interface DiskWorld {
  readonly host: KnownHost
  /** By the kernel's name of a disk, or of any path of a map: no other host sees it. */
  readonly isLocal: (disk: string) => boolean
}

/** `empty`: all that are; otherwise serial numbers and WWIDs, as a person has typed them. */
export type Wanted = 'empty' | readonly string[]

export type Chosen = { readonly kind: 'chosen'; readonly disks: readonly DiskRef[] } | Refused

/** All that may write to a disk stand here. */
const SECTIONS: readonly SectionName[] = ['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'guests', 'drbd']
/** A VG's metadata and one extent of 4 MiB take less. */
const LEAST = 64 << 20
/** Reasons that a refusal tells. */
const MOST_TOLD = 5

export function candidatesOf({ host, isLocal }: DiskWorld): Candidates {
  const { name, inventory } = host
  if (!inventory) return refused('unread', `${name} has not reported its disks yet`)
  const unread = sayUnread(unreadOf(inventory, SECTIONS))
  const uses = usesOf(host)
  if (unread !== undefined) return refused('unread', `what is on the disks of ${name} could not be read: ${unread}`)
  if (!uses) return refused('unread', `what is on the disks of ${name} is not known while it is ${stateOf(host)}`)
  const [lost] = uses.lost
  if (lost) return refused('unread', `which disk a guest of ${name} has is not known: ${lost.reason}`)
  const maps = inventory.multipaths.flatMap(({ name: map, wwid, paths, sizeBytes }): readonly Candidate[] => {
    const legs = inventory.blockDevices.filter((device) => paths.some(({ device: leg }) => leg === device.name))
    const [leg] = legs
    if (!leg) return []
    const shown = { name: map, wwid, serial: leg.serial, model: leg.model, sizeBytes: sizeBytes ?? leg.sizeBytes }
    const inUse = legs.map((one) => usedBy(one, inventory, uses, isLocal)).find((reason) => reason !== undefined)
    return [{ ...shown, inUse, notEmpty: inUse ?? 'it is a LUN of several paths: type its WWID' }]
  })
  const disks = inventory.blockDevices
    .filter(({ multipath }) => multipath === undefined)
    .map((device): Candidate => {
      const { name: disk, wwid, serial, model, sizeBytes } = device
      const inUse = usedBy(device, inventory, uses, isLocal)
      return { name: disk, wwid, serial, model, sizeBytes, inUse, notEmpty: inUse ?? contentsOf(device, inventory) }
    })
  return { kind: 'candidates', disks: [...disks, ...maps] }
}

export function chooseDisks(world: DiskWorld, wanted: Wanted): Chosen {
  const candidates = candidatesOf(world)
  if (candidates.kind === 'refused') return candidates
  const { disks } = candidates
  return wanted === 'empty' ? chooseEmpty(disks, world.host.name) : chooseTyped(disks, wanted, world.host.name)
}

function chooseEmpty(disks: readonly Candidate[], host: string): Chosen {
  const empty = disks.filter(({ notEmpty }) => notEmpty === undefined)
  if (empty.length > 0) return { kind: 'chosen', disks: empty.map((disk) => refOf(disk, 'none')) }
  const reasons = disks.slice(0, MOST_TOLD).map((disk) => `${sayDisk(disk)}: ${disk.notEmpty}`)
  const more = disks.length > MOST_TOLD ? [`and ${disks.length - MOST_TOLD} more: hostless storage disks ${host}`] : []
  return refused(undefined, `no disk of ${host} is proven empty: ${[...reasons, ...more].join('; ') || 'it has none'}`)
}

/** Of those that are typed for several hosts, each host has its own. */
function chooseTyped(disks: readonly Candidate[], wanted: readonly string[], host: string): Chosen {
  const chosen: Candidate[] = []
  for (const typed of new Set(wanted)) {
    const found = disks.filter(({ serial, wwid }) => serial === typed || wwid === typed)
    const [disk, ...others] = found
    if (others.length > 0) return refused(undefined, `${found.length} disks of ${host} have ${typed}: it tells them not apart`)
    const called = disk ? undefined : disks.find(({ name }) => name === typed || `/dev/${name}` === typed)
    if (called) return refused(undefined, `${typed} is the kernel's name of a disk, which may be another's after a boot: ${typing(called)}`)
    if (disk?.inUse !== undefined) return refused('held', `${sayDisk(disk)} of ${host}: ${disk.inUse}`)
    if (disk && !chosen.includes(disk)) chosen.push(disk)
  }
  if (chosen.length === 0) return refused(undefined, `${host} has no disk with this serial number or WWID: ${wanted.join(', ')}`)
  return { kind: 'chosen', disks: chosen.map((disk) => refOf(disk, 'typed')) }
}

function typing({ serial, wwid }: Candidate): string {
  const name = serial ?? wwid
  return name === undefined ? 'it has neither serial number nor WWID, and is only taken as empty' : `type ${name}`
}

/** What no typing takes away. */
function usedBy(
  { name, readOnly, multipath }: BlockDevice,
  inventory: Inventory,
  uses: Uses,
  isLocal: DiskWorld['isLocal'],
): string | undefined {
  if (readOnly) return 'it is read-only'
  if (!isLocal(name)) return 'other hosts see it, too'
  const found = uses.media.locate(`/dev/${multipath === undefined ? name : `mapper/${multipath}`}`)
  if (found.kind !== 'located') return found.reason
  for (const footprint of found.footprints) {
    const use = uses.writes.get(footprint.space)?.find((one) => doOverlap(footprint, one.footprint))
    if (use) return `${use.by} is on it`
  }
  const parts = new Set<string>([name, ...inventory.partitions.flatMap((one) => (one.disk === name ? [one.name] : []))])
  const pv = inventory.pvs.find(({ device = '' }) => parts.has(device.slice('/dev/'.length)))
  if (pv) return pv.vg === undefined ? 'it is a PV of no VG: pvremove it' : `VG ${pv.vg} is on it`
  // Swap, md, LUKS, LVs: it is beneath something that is there now.
  const above = inventory.fileSystems.find(({ on, disks = [] }) => disks.includes(name) && !parts.has(on))
  return above && `it is beneath ${above.on}`
}

/** What makes it other than proven empty. */
function contentsOf(
  { name, removable, transport, fabric, target, sizeBytes, serial, wwid }: BlockDevice,
  inventory: Inventory,
): string | undefined {
  const parts = inventory.partitions.filter(({ disk }) => disk === name)
  const signature = inventory.fileSystems.find(({ on, disks = [] }) => on === name || disks.includes(name))
  if (parts.length > 0) return `it has ${parts.length} ${parts.length === 1 ? 'partition' : 'partitions'}`
  if (signature) return `it carries ${signature.type}${signature.label === undefined ? '' : ` (${signature.label})`}`
  if (removable) return 'it is removable: type its serial number'
  if (transport === 'usb') return 'it is on USB: type its serial number'
  if (target || fabric || transport === 'iscsi' || transport === 'fc') return 'it is a LUN that others may reach: type its WWID'
  if (sizeBytes < LEAST) return `it has only ${sayBytes(sizeBytes)}`
  const isTwin = inventory.blockDevices.some(
    (other) => other.name !== name && (serial === undefined ? wwid !== undefined && other.wwid === wwid : other.serial === serial),
  )
  return isTwin ? 'another disk has the same serial number: they cannot be told apart' : undefined
}

function refOf({ name, wwid, serial, sizeBytes }: Candidate, contents: DiskRef['contents']): DiskRef {
  return { name, sizeBytes, contents, ...(wwid === undefined ? {} : { wwid }), ...(serial === undefined ? {} : { serial }) }
}

/** `sdb (serial ABC, 1.5 TiB)`. */
export function sayDisk({ name, serial, sizeBytes }: Pick<Candidate, 'name' | 'serial' | 'sizeBytes'>): string {
  return `${name} (${serial === undefined ? '' : `serial ${serial}, `}${sayBytes(sizeBytes)})`
}

function refused(code: 'unread' | 'held' | undefined, reason: string): Refused {
  return { kind: 'refused', reason, ...(code === undefined ? {} : { code }) }
}
