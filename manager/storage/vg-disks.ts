// Which disks of a host may become PVs of a VG: `empty` ones are proven so, from sections that were read; others take that their serial
// number or WWID was typed. Each disk that is not taken has its reason. Pure.

import type { KnownHost } from '../claims/claim.ts'
import { type Uses, usesOf } from '../claims/uses.ts'
import type { Refused } from '../outcome.ts'
import { stateOf } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { DiskRef } from '../protocol/requests/vgs.ts'
import type { BlockDevice } from '../protocol/storage.ts'
import { sayUnread, unreadOf } from '../protocol/unread.ts'
import { sayBytes, sayNames } from '../wording.ts'
import { SECTIONS, signsOn, usedBy } from './disk-contents.ts'
import { isLun, type SeenThere, type Seers, type Sharing, sharingOf } from './shared-luns.ts'

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
  /** Of `inUse`, where it is another's word that counts; left out: `held`. */
  readonly code?: Refused['code']
  /** How other hosts have it, on which it is proven empty, too; undefined: it is its host's own. */
  readonly elsewhere?: readonly SeenThere[] | undefined
}

export type Candidates = { readonly kind: 'candidates'; readonly disks: readonly Candidate[] } | Refused

export interface DiskWorld {
  readonly host: KnownHost
  /** By the kernel's name of a disk, or of any path of a map: no other host sees it, or may. */
  readonly isLocal: (disk: string) => boolean
  readonly seers: Seers
}

/** `empty`: all that are; otherwise serial numbers and WWIDs, as a person has typed them. */
export type Wanted = 'empty' | readonly string[]

/** Of one host, as it has the disks of the VG. */
export interface Elsewhere {
  readonly host: SeenThere['host']
  readonly disks: readonly DiskRef[]
}

/** `elsewhere`: of other hosts that see them; of each all of them, or none. */
export type Chosen = { readonly kind: 'chosen'; readonly disks: readonly DiskRef[]; readonly elsewhere: readonly Elsewhere[] } | Refused

/** A VG's metadata and one extent of 4 MiB take less. */
const LEAST = 64 << 20
/** Reasons that a refusal tells. */
const MOST_TOLD = 5

export function candidatesOf({ host, isLocal, seers }: DiskWorld): Candidates {
  const { name, inventory } = host
  if (!inventory) return refused('unread', `${name} has not reported its disks yet`)
  const unread = sayUnread(unreadOf(inventory, SECTIONS))
  const uses = usesOf(host)
  if (unread !== undefined) return refused('unread', `what is on the disks of ${name} could not be read: ${unread}`)
  if (!uses) return refused('unread', `what is on the disks of ${name} is not known while it is ${stateOf(host)}`)
  const [lost] = uses.lost
  if (lost) return refused('unread', `which disk a guest of ${name} has is not known: ${lost.reason}`)
  const judged = (device: BlockDevice, empty: (device: BlockDevice) => string | undefined): Judged => {
    const taken = whyTaken(device, inventory, uses)
    if (taken !== undefined) return { inUse: taken, notEmpty: taken }
    const sharing = sharingOf(device, host.id, seers)
    const isAlone = sharing.kind === 'empty' && sharing.on.length === 0
    if (isAlone && isLocal(device.name)) return { inUse: undefined, notEmpty: empty(device) }
    if (isAlone && !isLun(device)) return { inUse: 'other hosts see it, too', notEmpty: 'other hosts see it, too' }
    const inUse = whyNotShared(device, inventory, sharing)
    if (sharing.kind === 'not empty') return { inUse, notEmpty: inUse, code: sharing.code }
    return { inUse, notEmpty: inUse ?? sayShared(sharing.on), elsewhere: sharing.on }
  }
  const maps = inventory.multipaths.flatMap(({ name: map, wwid, paths, sizeBytes }): readonly Candidate[] => {
    const legs = inventory.blockDevices.filter((device) => paths.some(({ device: leg }) => leg === device.name))
    const [leg] = legs
    if (!leg) return []
    const shown = { name: map, wwid, serial: leg.serial, model: leg.model, sizeBytes: sizeBytes ?? leg.sizeBytes }
    const all = legs.map((one) => judged(one, () => 'it is a LUN of several paths: type its WWID'))
    const [verdict = all[0]] = [all.find(({ inUse }) => inUse !== undefined) ?? all.find(({ elsewhere }) => elsewhere)]
    return verdict ? [{ ...shown, ...verdict }] : []
  })
  const disks = inventory.blockDevices
    .filter(({ multipath }) => multipath === undefined)
    .map((device): Candidate => {
      const { name: disk, wwid, serial, model, sizeBytes } = device
      return { name: disk, wwid, serial, model, sizeBytes, ...judged(device, (one) => contentsOf(one, inventory)) }
    })
  return { kind: 'candidates', disks: [...disks, ...maps] }
}

type Judged = Pick<Candidate, 'inUse' | 'notEmpty' | 'code' | 'elsewhere'>

function sayShared(on: readonly SeenThere[]): string {
  if (on.length === 0) return 'it is a LUN that other hosts may come to see: type its WWID'
  return `it is a LUN that ${sayNames(on.map(({ host }) => host.name))} ${on.length === 1 ? 'sees' : 'see'}, too, and proven empty there: type its WWID`
}

export function chooseDisks(world: DiskWorld, wanted: Wanted): Chosen {
  const candidates = candidatesOf(world)
  if (candidates.kind === 'refused') return candidates
  const { disks } = candidates
  return wanted === 'empty' ? chooseEmpty(disks, world.host.name) : chooseTyped(disks, wanted, world.host.name)
}

function chooseEmpty(disks: readonly Candidate[], host: string): Chosen {
  const empty = disks.filter(({ notEmpty }) => notEmpty === undefined)
  if (empty.length > 0) return { kind: 'chosen', disks: empty.map((disk) => refOf(disk, 'none')), elsewhere: [] }
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
    if (disk?.inUse !== undefined) return refused(disk.code ?? 'held', `${sayDisk(disk)} of ${host}: ${disk.inUse}`)
    if (disk && !chosen.includes(disk)) chosen.push(disk)
  }
  if (chosen.length === 0) return refused(undefined, `${host} has no disk with this serial number or WWID: ${wanted.join(', ')}`)
  const seers = new Map(chosen.flatMap(({ elsewhere = [] }) => elsewhere.map((one) => [one.host.id, one.host] as const)))
  const elsewhere = [...seers.values()].map((seer) => ({ host: seer, disks: chosen.flatMap((disk) => thereOn(disk, seer.id)) }))
  const odd = elsewhere.find((one) => one.disks.length < chosen.length)
  const unseen = odd && chosen.find((disk) => thereOn(disk, odd.host.id).length === 0)
  if (odd && unseen)
    return refused(
      'not-shared',
      `${odd.host.name} does not see ${sayDisk(unseen)} of ${host}, and sees others of these: all of a VG are seen by the same hosts`,
    )
  return { kind: 'chosen', disks: chosen.map((disk) => refOf(disk, disk.elsewhere ? 'none' : 'typed')), elsewhere }
}

/** Why disks do not become, or join, this VG for all that see them; undefined: they may. `uuid` left out: it is new. */
export function whyNotOfAll(
  { name, uuid }: { readonly name: string; readonly uuid?: string },
  { elsewhere }: Pick<Chosen & { readonly kind: 'chosen' }, 'elsewhere'>,
  { host, seers }: Pick<DiskWorld, 'host' | 'seers'>,
): Refused | undefined {
  const others = seers.hosts.filter(({ id }) => id !== host.id)
  const seen = new Set(elsewhere.map((one) => one.host.id))
  const clash = others.find(({ id, inventory }) => seen.has(id) && inventory?.vgs.some((vg) => vg.name === name && vg.uuid !== uuid))
  if (clash) return refused('held', `${clash.name}, which sees the LUN, too, has a VG ${name} already: choose another name`)
  if (uuid === undefined) return undefined
  const having = others.filter(({ inventory }) => inventory?.vgs.some((vg) => vg.uuid === uuid))
  const odd = having.find(({ id }) => !seen.has(id)) ?? elsewhere.find((one) => !having.some(({ id }) => id === one.host.id))?.host
  if (!odd) return undefined
  const [sees, not] = seen.has(odd.id) ? ['these disks', `VG ${name}`] : [`VG ${name}`, 'all of these disks']
  return refused('not-shared', `${odd.name} sees ${sees} of ${host.name}, and not ${not}: all disks of a VG are seen by the same hosts`)
}

function thereOn({ elsewhere = [] }: Candidate, host: string): readonly DiskRef[] {
  return elsewhere.flatMap((one) => (one.host.id === host ? [one.disk] : []))
}

function typing({ serial, wwid }: Candidate): string {
  const name = serial ?? wwid
  return name === undefined ? 'it has neither serial number nor WWID, and is only taken as empty' : `type ${name}`
}

/** What no typing takes away. */
function whyTaken(device: BlockDevice, inventory: Inventory, uses: Uses): string | undefined {
  return device.readOnly ? 'it is read-only' : usedBy(device, inventory, uses)
}

/** Of a LUN that other hosts see nothing is wiped: it is empty, on all of them, or it is not taken. */
function whyNotShared(device: BlockDevice, inventory: Inventory, sharing: Sharing): string | undefined {
  if (sharing.kind === 'not empty') return sharing.why
  const sign = signsOn(device, inventory)
  return sign && `it is a LUN that other hosts may see, too, and ${sign}: wipe it by hand first`
}

/** What makes it other than proven empty. */
function contentsOf(device: BlockDevice, inventory: Inventory): string | undefined {
  const { name, removable, transport, fabric, target, sizeBytes, serial, wwid } = device
  const sign = signsOn(device, inventory)
  if (sign !== undefined) return sign
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

function refused(code: Refused['code'], reason: string): Refused {
  return { kind: 'refused', reason, ...(code === undefined ? {} : { code }) }
}
