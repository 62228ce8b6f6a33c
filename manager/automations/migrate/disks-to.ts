// Where each disk of a guest that moves goes: it stays on the LUN that both hosts see, or is copied to what the new host calls as its spec
// says; and what is in the way of either. Pure.
import { withVdevs } from '../../guests/config.ts'
import type { DiskRecord, GuestRecord } from '../../guests/guest.ts'
import { poolsOf } from '../../placement/picture.ts'
import { lvOf, type VgRef, vgRef } from '../../protocol/guest-disk.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import { sayUnread, uncountedOf } from '../../protocol/unread.ts'
import { uuid } from '../../protocol/values.ts'
import { isOneVg, type SeeingHost } from '../../storage/shared-vgs.ts'
import { sayNames } from '../../wording.ts'
import type { MovedDisk } from './args.ts'

export interface InTheWay {
  /** For programs: one of placement's reasons, or of a move's own. */
  readonly code: string
  readonly reason: string
}

export interface DisksAsked {
  readonly record: GuestRecord
  readonly disks: readonly DiskRecord[]
  readonly from: SeeingHost
  readonly to: SeeingHost
  /** `left`: snapshots of a disk that is copied stay with the LV that it leaves behind. */
  readonly snapshots: 'left' | 'refused'
}

export interface DisksFound {
  /** In their order; of a disk that something is in the way of there is none. */
  readonly moved: readonly MovedDisk[]
  readonly refusals: readonly InTheWay[]
}

export function disksTo(asked: DisksAsked): DisksFound {
  const found = asked.disks.map((disk) => diskTo(disk, asked))
  return {
    moved: found.flatMap((one) => ('code' in one ? [] : [one])),
    refusals: found.flatMap((one) => ('code' in one ? [one] : [])),
  }
}

function diskTo(disk: DiskRecord, { record, from, to, snapshots }: DisksAsked): MovedDisk | InTheWay {
  const { id, vdev, access, sizeBytes, generation } = disk
  const own = vgRef.safeParse(disk.vg)
  if (!own.success) return noVg(record, disk)
  const unread = sayUnread(uncountedOf(from.inventory, ['lvs']))
  if (unread !== undefined) return { code: 'unread', reason: `whether disk ${vdev} has snapshots is not known: ${from.name}: ${unread}` }
  const kept = snapshotsOf(from.inventory, own.data, id)
  const common = { disk: id, vdev, access, sizeBytes, generation, from: own.data }
  const same = isOneVg(own.data, from, to)
  if (same.kind === 'one') {
    const why = whyNotStays(disk, { own: own.data, inventory: from.inventory, kept })
    return why ?? { ...common, to: own.data, stays: { luns: same.luns } }
  }
  const target = vgRef.safeParse(poolsOf(to.inventory).get(poolOf(record, disk)))
  // Placement has said so already where it was asked about space; of a thin disk it was not.
  if (!target.success) return noVg(record, disk)
  // What is to be written over might be the disk itself.
  if (same.kind === 'unclear' && target.data.uuid === own.data.uuid) return { code: same.code, reason: `disk ${vdev}: ${same.why}` }
  if (kept.length > 0 && snapshots === 'refused')
    return {
      code: 'has-snapshots',
      reason: `disk ${vdev} has snapshots, which do not go with it: ${sayNames(kept)}. --without-snapshots leaves them with the old LV on ${from.name}`,
    }
  const thinPool = thinOf(record, disk)
  const isThere = thinPool !== undefined && hasLv(to.inventory, target.data, thinPool)
  return {
    ...{ ...common, to: target.data },
    ...(isThere ? { thinPool } : {}),
    ...(kept.length > 0 ? { snapshots: kept } : {}),
  }
}

/** Of a disk on a LUN of both hosts: what of it is in the kernel of the host that has it active. */
function whyNotStays(
  { id, vdev }: DiskRecord,
  { own, inventory, kept }: { readonly own: VgRef; readonly inventory: Inventory; readonly kept: readonly string[] },
): InTheWay | undefined {
  if (kept.length > 0)
    return {
      code: 'has-snapshots',
      reason: `disk ${vdev} stays on its LUN, and has snapshots, which two hosts cannot have at a time: ${sayNames(kept)}. Remove them first`,
    }
  const lv = inventory.lvs.find(({ vgUuid, name }) => vgUuid === own.uuid && name === lvOf(uuid.parse(id)))
  return lv?.pool === undefined
    ? undefined
    : {
        code: 'thin-shared',
        reason: `disk ${vdev} is thin, in ${own.name}/${lv.pool} on a LUN of both hosts: a pool can be active on one host only`,
      }
}

/** `data/before`: LVs that LVM has made of it, by whomever. */
function snapshotsOf({ lvs }: Inventory, vg: VgRef, disk: DiskRecord['id']): readonly string[] {
  const origin = lvOf(uuid.parse(disk))
  return lvs.flatMap((lv) => (lv.vgUuid === vg.uuid && lv.origin === origin ? [`${lv.vg}/${lv.name}`] : []))
}

function noVg(record: GuestRecord, disk: DiskRecord): InTheWay {
  return { code: 'no-vg', reason: `there is no VG ${poolOf(record, disk)}` }
}

function hasLv({ lvs }: Inventory, vg: VgRef, name: string): boolean {
  return lvs.some((lv) => lv.vg === vg.name && lv.name === name)
}

/** Ids of the hosts on which a disk of this host lies already. */
export function staysOn(disk: DiskRecord, from: SeeingHost, others: readonly SeeingHost[]): ReadonlySet<string> {
  const own = vgRef.safeParse(disk.vg)
  return new Set(own.success ? others.flatMap((one) => (isOneVg(own.data, from, one).kind === 'one' ? [one.id] : [])) : [])
}

/** Of the spec; a seed lies where its guest's first disk does. */
export function poolOf({ spec }: GuestRecord, { vdev, vg }: DiskRecord): string {
  const disks = withVdevs(spec.disks)
  return disks.find((one) => one.vdev === vdev)?.pool ?? disks[0]?.pool ?? vg.name
}

export function thinOf({ spec }: GuestRecord, { vdev }: DiskRecord): string | undefined {
  return withVdevs(spec.disks).find((one) => one.vdev === vdev)?.thinPool
}
