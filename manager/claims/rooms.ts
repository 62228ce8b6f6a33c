// How much there is of a host's memory, of dom0's and of a VG, and how much of it is free: what there is tells the host's last report,
// what is used tell the claims, and the guests and LVs of the report that nobody has claimed. Pure.
import type { Guest } from '../protocol/guests.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import type { Lv, Vg } from '../protocol/storage.ts'
import { sayUnread, uncountedOf } from '../protocol/unread.ts'
import type { Claim } from './claim.ts'
import { guestMemory } from './needs.ts'

export type Room =
  | {
      readonly kind: 'room'
      readonly capacity: number
      readonly used: number
      /** Below 0 where more is used than there is. */
      readonly free: number
      /** Most first. */
      readonly holders: readonly { readonly name: string; readonly bytes: number }[]
    }
  /** Neither nothing nor all of it is free: it is not known. */
  | { readonly kind: 'unread'; readonly reason: string }

export type MemorySections = Pick<Inventory, 'xen' | 'memory' | 'guests' | 'problems'>
export type VolumeSections = Pick<Inventory, 'vgs' | 'lvs' | 'pvs' | 'problems'>

const MIB = 1024 * 1024
/** For itself Xen has taken 119 MiB of 2 GiB; its frame table grows with the machine by 1/128, tables of IOMMUs with it. */
const XEN_LEAST = 128 * MIB
const XEN_SHARE = 64
/** Of dom0's memory, for what always runs there: 140 MiB after boot, and room to work in. */
const DOM0_OWN = 192 * MIB

/** Of the machine, for guests: without what Xen and dom0 have. `claims`: those of the host's memory. */
export function memoryRoom(inventory: MemorySections, claims: readonly Claim[]): Room {
  const { xen, memory } = inventory
  const total = xen.totalBytes ?? memory.totalBytes
  const dom0 = dom0Bytes(inventory)
  const reason = whyUnread(inventory, ['guests'])
  if (reason !== undefined) return { kind: 'unread', reason }
  if (total === undefined) return { kind: 'unread', reason: 'how much the machine has was not reported' }
  if (dom0 === undefined) return { kind: 'unread', reason: 'how much dom0 has was not reported' }
  const capacity = Math.max(0, total - dom0 - XEN_LEAST - Math.ceil(total / XEN_SHARE))
  return room(capacity, [...claims.map(held), ...unclaimedGuests(inventory.guests, claims)])
}

export function dom0Room({ memory, problems }: Pick<Inventory, 'memory' | 'problems'>, claims: readonly Claim[]): Room {
  const total = memory.dom0TotalBytes
  if (total === undefined) return { kind: 'unread', reason: whyUnread({ problems }, ['memory']) ?? 'how much dom0 has was not reported' }
  return room(Math.max(0, total - DOM0_OWN), claims.map(held))
}

/** `claims`: those of this VG's space. */
export function vgRoom(inventory: VolumeSections, vg: Vg, claims: readonly Claim[]): Room {
  const reason = whyUnread(inventory, ['vgs', 'lvs', 'pvs'])
  if (reason !== undefined) return { kind: 'unread', reason }
  const lvs = inventory.lvs.filter(({ vgUuid }) => vgUuid === vg.uuid)
  const claimed = new Map<string, number>()
  for (const { item, length } of claims) claimed.set(item, (claimed.get(item) ?? 0) + length)
  const foreign = lvs.filter(({ name }) => !claimed.has(name))
  const ours = sum(lvs.filter((lv) => claimed.has(lv.name) && takesSpace(lv)).map(({ sizeBytes }) => sizeBytes))
  // What LVM says is used holds metadata and mirrors, too; an LV may have come since it was asked.
  const used = Math.max(vg.sizeBytes - vg.freeBytes - ours, sum(foreign.filter(takesSpace).map(({ sizeBytes }) => sizeBytes)))
  const grown = lvs.flatMap((lv) => {
    const more = takesSpace(lv) ? lv.sizeBytes - (claimed.get(lv.name) ?? lv.sizeBytes) : 0
    return more > 0 ? [{ name: `LV ${lv.name}`, bytes: more }] : []
  })
  const others = used > 0 ? [{ name: 'LVs that nobody has claimed', bytes: used }] : []
  return room(vg.sizeBytes, [...claims.map(held), ...grown, ...others])
}

/** What an LV of this size takes of it. */
export function inExtents(bytes: number, { extentBytes }: Pick<Vg, 'extentBytes'>): number {
  return extentBytes > 0 ? Math.ceil(bytes / extentBytes) * extentBytes : bytes
}

/** Why nothing can be made in it now. */
export function whyUnusable({ name, exported, missingPvs, pvs }: Vg): string | undefined {
  if (exported) return `VG ${name} is exported: vgimport makes it usable`
  return missingPvs > 0 ? `${missingPvs} of the ${pvs} PVs of VG ${name} ${missingPvs === 1 ? 'is' : 'are'} missing` : undefined
}

/** What Xen gave dom0; where it was given no fixed size, what its kernel has and what that keeps for itself. */
function dom0Bytes({ xen, memory }: MemorySections): number | undefined {
  const asked = /(?:^|\s)dom0_mem=(\S+)/.exec(xen.commandLine ?? '')?.[1]
  const sizes = (asked ?? '').split(',').map((part) => /^(max:)?(\d{1,12})([bkmgt]?)$/i.exec(part))
  const size = sizes.find((match) => match?.[1] !== undefined) ?? sizes.find((match) => match)
  const kernel = memory.dom0TotalBytes
  if (size) return Math.max(Number(size[2]) * (UNITS[(size[3] ?? '').toLowerCase()] ?? 1024), kernel ?? 0)
  return kernel === undefined ? undefined : kernel + 128 * MIB + Math.ceil(kernel / 32)
}

/** Without one Xen takes kibibytes. */
const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: MIB, g: 1024 * MIB, t: 1024 * 1024 * MIB }

/** One of ours may have more than it claims: its memory was set by hand. */
function unclaimedGuests(guests: readonly Guest[], claims: readonly Claim[]): readonly { readonly name: string; readonly bytes: number }[] {
  const claimed = new Map<string, number>()
  for (const { guest, length } of claims) if (guest !== undefined) claimed.set(guest, (claimed.get(guest) ?? 0) + length)
  return guests.flatMap(({ uuid, name, memoryBytes, maxMemoryBytes, vcpus, maxVcpus }) => {
    const known = claimed.get(uuid)
    const most = guestMemory({ memoryBytes: Math.max(memoryBytes, maxMemoryBytes), vcpus: Math.max(vcpus, maxVcpus) })
    const bytes = known === undefined ? most : Math.max(0, memoryBytes - known)
    return bytes > 0 ? [{ name, bytes }] : []
  })
}

/** Not thin volumes, whose space is their pool's, and not the hidden parts of others. */
function takesSpace({ attributes, segmentType }: Lv): boolean {
  return !/^[VvTDeiIl]/.test(attributes) && segmentType !== 'thin'
}

function whyUnread(reported: Pick<Inventory, 'problems'>, sections: readonly SectionName[]): string | undefined {
  return sayUnread(uncountedOf(reported, sections))
}

function held({ holder, length }: Claim): { readonly name: string; readonly bytes: number } {
  return { name: holder.name, bytes: length }
}

function room(capacity: number, all: readonly { readonly name: string; readonly bytes: number }[]): Room {
  const by = new Map<string, number>()
  for (const { name, bytes } of all) by.set(name, (by.get(name) ?? 0) + bytes)
  const used = sum([...by.values()])
  const holders = [...by].map(([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes)
  return { kind: 'room', capacity, used, free: capacity - used, holders }
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0)
}
