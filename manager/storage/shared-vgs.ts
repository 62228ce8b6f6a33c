// VGs that several hosts see: whether what two of them call by one UUID is one VG, on LUNs that are the same for both, and which hosts see a
// VG at all. A copied disk has its original's UUIDs, and is another one. Pure.
import { Media, type MediaSections } from '../claims/extents.ts'
import { clashOf, sayClash, seenDisk } from '../connectivity/disk-identity.ts'
import type { VgRef } from '../protocol/guest-disk.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import type { BlockDevice, Pv } from '../protocol/storage.ts'
import { sayUnread, uncountedOf } from '../protocol/unread.ts'

export interface SeeingHost<Told extends MediaSections = Inventory> {
  readonly id: string
  readonly name: string
  /** Its last report. */
  readonly inventory: Told
}

export type Sameness =
  /** `luns`: WWIDs of all that it lies on, in order. */
  | { readonly kind: 'one'; readonly luns: readonly string[] }
  /** The other host sees no VG of this UUID. */
  | { readonly kind: 'not seen' }
  /** It does, and nothing may be taken from that. */
  | { readonly kind: 'unclear'; readonly code: 'unread' | 'vg-unclear' | 'lun-read-only'; readonly why: string }

const SECTIONS: readonly SectionName[] = ['blockDevices', 'multipaths', 'partitions', 'pvs', 'vgs']

/** Whether the VG of this UUID is one for both hosts, and may be written from `there`, too. */
export function isOneVg({ uuid, name }: VgRef, here: SeeingHost<MediaSections>, there: SeeingHost<MediaSections>): Sameness {
  const unclear = (why: string, code: 'unread' | 'vg-unclear' | 'lun-read-only' = 'vg-unclear'): Sameness => ({
    kind: 'unclear',
    code,
    why,
  })
  for (const host of [here, there]) {
    const unread = sayUnread(uncountedOf(host.inventory, SECTIONS))
    if (unread !== undefined) return unclear(`what ${host.name} sees of VG ${name} could not be read: ${unread}`, 'unread')
  }
  const [own, other] = [here, there].map(({ inventory }) => inventory.vgs.filter((vg) => vg.uuid === uuid))
  if (!other || other.length === 0) return { kind: 'not seen' }
  const all = [...(own ?? []), ...other]
  if (own?.length !== 1 || other.length !== 1) return unclear(`VG ${name} (${uuid}) is there more than once`)
  if (all.some((vg) => vg.name !== name)) return unclear(`VG ${uuid} is called ${all.map((vg) => vg.name).join(' and ')}`)
  if (all.some((vg) => vg.exported || vg.missingPvs > 0)) return unclear(`VG ${name} is exported, or without some of its PVs`)
  const [mine, theirs] = [lunsOf(uuid, here), lunsOf(uuid, there)]
  for (const one of [mine, theirs]) if (typeof one === 'string') return unclear(one)
  if (typeof mine === 'string' || typeof theirs === 'string') return { kind: 'not seen' }
  const said = (luns: readonly Lun[]): string => luns.map(({ pv, wwid, start }) => `${pv} ${wwid} ${start}`).join()
  if (said(mine) !== said(theirs))
    return unclear(
      `VG ${name} lies on ${wwidsOf(mine).join(', ')} for ${here.name}, and on ${wwidsOf(theirs).join(', ')} for ${there.name}: one of them is a copy`,
    )
  for (const { wwid, disks } of mine) {
    const clash = clashOf([...disks, ...theirs.filter((one) => one.wwid === wwid).flatMap((one) => one.disks)].map(seenDisk))
    if (clash !== undefined) return unclear(sayClash(wwid, clash))
  }
  const readOnly = theirs.flatMap(({ disks }) => disks).find((disk) => disk.readOnly)
  if (readOnly) return unclear(`VG ${name} lies on ${readOnly.name} of ${there.name}, which is read-only there`, 'lun-read-only')
  return { kind: 'one', luns: wwidsOf(mine) }
}

/** Those of these VGs of a host that another one sees, too, or may: what is made in them is agreed on by all. */
export function seenByOthers(
  vgs: readonly VgRef[],
  host: string,
  hosts: readonly { readonly id: string; readonly inventory: Inventory | undefined }[],
): readonly VgRef[] {
  const others = hosts.flatMap(({ id, inventory }) => (id === host ? [] : (inventory?.vgs ?? []).map(({ uuid }) => uuid as string)))
  const seen = new Set(others)
  return [...new Map(vgs.filter(({ uuid }) => seen.has(uuid)).map((vg) => [vg.uuid, vg])).values()]
}

interface Lun {
  readonly pv: string
  readonly wwid: string
  readonly start: number
  /** Its paths. */
  readonly disks: readonly BlockDevice[]
}

/** By PV; or why they are not known to be LUNs. */
function lunsOf(uuid: string, { id, name, inventory }: SeeingHost<MediaSections>): readonly Lun[] | string {
  const media = new Media(id, inventory)
  const found: Lun[] = []
  for (const pv of inventory.pvs.filter(({ vgUuid }) => vgUuid === uuid)) {
    const at = media.locate(pv.device ?? '')
    const [footprint, ...more] = at.kind === 'located' ? at.footprints : []
    const wwid = /^lun:(.+)$/.exec(footprint?.space ?? '')?.[1]
    if (!footprint || wwid === undefined || more.length > 0) return `${sayPv(pv)} of ${name} is no LUN`
    found.push({ pv: pv.uuid, wwid, start: footprint.start, disks: inventory.blockDevices.filter((disk) => disk.wwid === wwid) })
  }
  return found.length === 0 ? `no PV of it is seen on ${name}` : found.sort((a, b) => (a.pv < b.pv ? -1 : 1))
}

function wwidsOf(luns: readonly Lun[]): readonly string[] {
  return [...new Set(luns.map(({ wwid }) => wwid))].sort()
}

function sayPv({ device, uuid }: Pv): string {
  return device ?? `PV ${uuid}`
}
