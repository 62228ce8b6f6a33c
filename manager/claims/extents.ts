// Where the bytes of a device or file lie, by names that are the same whatever path leads there: LUNs by WWID, disks of a host, ranges of
// them, LVs, files. Two writers of overlapping extents are two writers of one disk. Pure.
import { posix } from 'node:path'
import { isIdentified, isShareable } from '../connectivity/devices.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import type { BlockDevice, Partition, Pv, Vg } from '../protocol/storage.ts'
import { sayUnread, unreadOf } from '../protocol/unread.ts'
import { Names } from './device-names.ts'

export interface Footprint {
  readonly space: string
  /** Bytes; to END for all of what has no known end. */
  readonly start: number
  readonly end: number
  /** `within`: it lies in there, beside others: an LV on the disk of its VG's PV. */
  readonly mode: 'whole' | 'within'
}

export type Located =
  | { readonly kind: 'located'; readonly footprints: readonly Footprint[] }
  /** Where it lies could not be read. */
  | { readonly kind: 'unread'; readonly reason: string }
  /** All was read, and there is no such device. */
  | { readonly kind: 'unknown'; readonly reason: string }

export type MediaSections = Pick<
  Inventory,
  'blockDevices' | 'multipaths' | 'partitions' | 'fileSystems' | 'pvs' | 'vgs' | 'lvs' | 'nfsMounts' | 'drbd' | 'problems'
>

/** 2^53 - 1: what the store and a double hold. */
export const END = Number.MAX_SAFE_INTEGER

const SECTIONS: readonly SectionName[] = ['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'nfsMounts']

/** Deeper than storage is stacked: a description that goes in circles ends. */
const DEEPEST = 8

export function doOverlap(a: Footprint, b: Footprint): boolean {
  if (a.space !== b.space || (a.mode === 'within' && b.mode === 'within')) return false
  return a.start < b.end && b.start < a.end
}

/** Seen by several hosts under this name. */
export function isSharedSpace(space: string): boolean {
  return /^(lun|nfs):/.test(space)
}

/** The media of one host, by its report. */
export class Media {
  readonly #host: string
  readonly #inventory: MediaSections
  readonly #names: Names
  /** How many disks of the machine's own have a name. */
  readonly #named = new Map<string, number>()

  constructor(host: string, inventory: MediaSections) {
    this.#host = host
    this.#inventory = inventory
    this.#names = new Names(inventory)
    for (const device of inventory.blockDevices) {
      if (!isShared(device)) for (const name of ownNames(device)) this.#named.set(name, (this.#named.get(name) ?? 0) + 1)
    }
  }

  /** Where a path of this host leads. */
  locate(path: string): Located {
    const problem = sayUnread(unreadOf(this.#inventory, SECTIONS))
    if (problem !== undefined) return { kind: 'unread', reason: problem }
    return this.#locate(posix.normalize(path), 0)
  }

  #locate(path: string, depth: number): Located {
    if (depth > DEEPEST) return { kind: 'unknown', reason: `${path} lies on itself` }
    const found = path.startsWith('/') && !path.startsWith('/dev/') ? undefined : this.#names.find(path)
    switch (found?.kind) {
      case undefined:
        return path.startsWith('/dev/') || !path.startsWith('/')
          ? { kind: 'unknown', reason: `there is no device ${path}` }
          : this.#file(path, depth)
      case 'disk':
        return located([{ space: this.#diskSpace(found.device), start: 0, end: END, mode: 'whole' }])
      case 'partition':
        return this.#partition(found.partition)
      case 'lv':
        return this.#volume(found.vg, found.name, depth)
      case 'ambiguous':
        return { kind: 'unknown', reason: found.reason }
      case 'above':
        return this.#all(found.devices, depth)
    }
  }

  #partition({ disk, startBytes, sizeBytes }: Partition): Located {
    const device = this.#names.disk(disk)
    if (!device) return { kind: 'unknown', reason: `there is no disk ${disk}` }
    const space = this.#diskSpace(device)
    // Where it begins is not known: it may be anywhere on the disk.
    if (startBytes === undefined) return located([{ space, start: 0, end: END, mode: 'whole' }])
    return located([{ space, start: startBytes, end: startBytes + sizeBytes, mode: 'whole' }])
  }

  #volume({ uuid, name: vg }: Vg, name: string, depth: number): Located {
    const pvs = this.#inventory.pvs.filter(({ vgUuid }) => vgUuid === uuid)
    if (pvs.length === 0 || pvs.some(({ device }) => device === undefined))
      return { kind: 'unknown', reason: `PVs of VG ${vg} are missing` }
    const below = joined(pvs.map((pv) => this.#pv(pv, depth)))
    if (below.kind !== 'located') return below
    return located([{ space: `lv:${uuid}/${name}`, start: 0, end: END, mode: 'whole' }, ...below.footprints.map(within)])
  }

  /** A PV's signature carries its UUID: it is found on LUKS, md or bcache, whatever name LVM knows the device by. */
  #pv({ uuid, device = '' }: Pv, depth: number): Located {
    const direct = this.#locate(device, depth + 1)
    if (direct.kind === 'located') return direct
    const signature = this.#inventory.fileSystems.find((one) => one.type === 'LVM2_member' && one.uuid === uuid)
    const disks = signature?.disks ?? (signature ? [signature.on] : [])
    return disks.length === 0 ? direct : this.#all(disks, depth)
  }

  /** On the file system that is mounted nearest above it; none: in dom0's root. */
  #file(path: string, depth: number): Located {
    const { fileSystems, nfsMounts } = this.#inventory
    const mounts = [
      ...fileSystems.flatMap((fileSystem) => fileSystem.mountPoints.map((point) => ({ kind: 'disk', point, fileSystem }) as const)),
      ...nfsMounts.map((mount) => ({ kind: 'nfs', point: mount.mountPoint, mount }) as const),
    ]
    const [nearest] = mounts.filter(({ point }) => isBelow(path, point)).sort((a, b) => b.point.length - a.point.length)
    const inside = nearest ? posix.join('/', path.slice(nearest.point.length)) : path
    const whole = (space: string): Footprint => ({ space, start: 0, end: END, mode: 'whole' })
    if (!nearest) return located([whole(`file:${this.#host}${inside}`)])
    if (nearest.kind === 'nfs') {
      const space = exportSpace(nearest.mount)
      return located([whole(`${space}${inside}`), { ...whole(space), mode: 'within' }])
    }
    const { on, uuid } = nearest.fileSystem
    const below = this.#locate(`/dev/${on}`, depth + 1)
    if (below.kind !== 'located') return below
    return located([whole(`file:${uuid ?? `${this.#host}/${on}`}${inside}`), ...below.footprints.map(within)])
  }

  #all(devices: readonly string[], depth: number): Located {
    return joined(devices.map((device) => this.#locate(device, depth + 1)))
  }

  /** Of a disk of the machine's own: by the first of its names that no other one has. The kernel's changes from boot to boot. */
  #diskSpace(device: BlockDevice): string {
    if (isShared(device)) return `lun:${device.wwid}`
    return `disk:${this.#host}/${ownNames(device).find((name) => this.#named.get(name) === 1) ?? device.name}`
  }
}

function ownNames({ wwid, serial, byPath }: BlockDevice): readonly string[] {
  return [...(wwid === undefined ? [] : [`${wwid}`]), ...(serial === undefined ? [] : [`serial ${serial}`]), ...byPath.slice(0, 1)]
}

/** LUNs and NFS exports that a host sees. */
export function sharedSpaces({ blockDevices, nfsMounts }: Pick<MediaSections, 'blockDevices' | 'nfsMounts'>): ReadonlySet<string> {
  return new Set([...blockDevices.filter(isShared).map(({ wwid }) => `lun:${wwid}`), ...nfsMounts.map(exportSpace)])
}

function isShared(device: BlockDevice): boolean {
  return isIdentified(device) && isShareable(device)
}

function exportSpace({ server, address, export: exported }: MediaSections['nfsMounts'][number]): string {
  return `nfs:${address ?? server}:${exported}`
}

function isBelow(path: string, point: string): boolean {
  return path === point || path.startsWith(point === '/' ? '/' : `${point}/`)
}

export function within(footprint: Footprint): Footprint {
  return { ...footprint, mode: 'within' }
}

function located(footprints: readonly Footprint[]): Located {
  return { kind: 'located', footprints }
}

function joined(found: readonly Located[]): Located {
  const failed = found.find(({ kind }) => kind !== 'located')
  return failed ?? located(found.flatMap((one) => (one.kind === 'located' ? one.footprints : [])))
}
