// All the names that a host has for its block devices: the kernel's, those below /dev/disk, multipath's and LVM's. Pure.
import { isIdentified, isShareable, mapperName } from '../connectivity/devices.ts'
import { groupBy } from '../group-by.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { BlockDevice, Partition, Vg } from '../protocol/storage.ts'

export type Named =
  | { readonly kind: 'disk'; readonly device: BlockDevice }
  | { readonly kind: 'partition'; readonly partition: Partition }
  /** It may be yet to be made. */
  | { readonly kind: 'lv'; readonly vg: Vg; readonly name: string }
  /** Made of these: md, LUKS, DRBD. */
  | { readonly kind: 'above'; readonly devices: readonly string[] }
  | { readonly kind: 'ambiguous'; readonly reason: string }

type NamedSections = Pick<Inventory, 'blockDevices' | 'multipaths' | 'partitions' | 'fileSystems' | 'vgs' | 'lvs' | 'drbd'>

export class Names {
  /** By what stands behind /dev/. */
  readonly #known = new Map<string, Named>()
  readonly #disks = new Map<string, BlockDevice>()
  readonly #vgs: readonly Vg[]

  constructor({ blockDevices, multipaths, partitions, fileSystems, vgs, lvs, drbd }: NamedSections) {
    this.#vgs = vgs
    for (const device of blockDevices) {
      this.#disks.set(device.name, device)
      this.#addDisk(device, [device.name, device.device, device.number && `block/${device.number}`])
      this.#addDisk(
        device,
        device.byId.map((id) => `disk/by-id/${id}`),
      )
      this.#addDisk(
        device,
        device.byPath.map((id) => `disk/by-path/${id}`),
      )
    }
    for (const partition of partitions) this.#addPartition(partition)
    const parts = groupBy(partitions, ({ disk }) => disk as string)
    for (const { name, dm, paths } of multipaths) {
      const legs = paths.flatMap(({ device }) => this.#disks.get(device) ?? [])
      const [leg] = legs
      if (!leg) continue
      this.#addDisk(leg, [`mapper/${name}`, `disk/by-id/dm-name-${name}`, dm])
      for (const partition of parts.get(leg.name) ?? []) this.#addMapPartition(name, partition)
    }
    for (const { vg: name, vgUuid, name: lv, path } of lvs) {
      const vg = vgs.find(({ uuid }) => uuid === vgUuid)
      if (vg) this.#add({ kind: 'lv', vg, name: lv }, [path, `mapper/${mapperName(name, lv)}`, mapperName(name, lv)])
    }
    for (const { volumes } of drbd) {
      for (const { minor, backing } of volumes) if (backing) this.#add({ kind: 'above', devices: [backing] }, [`drbd${minor}`])
    }
    for (const { on, uuid, label, disks } of fileSystems) {
      const above: Named | undefined = disks && { kind: 'above', devices: disks.map((disk) => `/dev/${disk}`) }
      if (above && !this.#known.has(on)) this.#add(above, [on, `mapper/${on}`])
      const named = this.#known.get(on)
      // Copies of one file system have one UUID.
      if (named) for (const name of [uuid && `disk/by-uuid/${uuid}`, label && `disk/by-label/${label}`]) this.#addOnce(named, name)
    }
  }

  disk(name: string): BlockDevice | undefined {
    return this.#disks.get(name)
  }

  /** `/dev/…`, or the bare name. */
  find(path: string): Named | undefined {
    const name = path.replace(/^\/dev\//, '')
    const known = this.#known.get(name)
    if (known) return known
    const [, vgName, lv] = /^([^/]+)\/([^/]+)$/.exec(name) ?? []
    const vgs = this.#vgs.filter((vg) => vg.name === vgName)
    const [vg] = vgs
    if (!vg || lv === undefined) return undefined
    return vgs.length === 1 ? { kind: 'lv', vg, name: lv } : { kind: 'ambiguous', reason: `there are ${vgs.length} VGs called ${vg.name}` }
  }

  #addDisk(device: BlockDevice, names: readonly (string | undefined)[]): void {
    this.#add({ kind: 'disk', device }, names)
  }

  #addPartition(partition: Partition): void {
    const { name, disk, number, uuid, label } = partition
    const device = this.#disks.get(disk)
    const ids = [...(device?.byId ?? []).map((id) => `by-id/${id}`), ...(device?.byPath ?? []).map((id) => `by-path/${id}`)]
    this.#add({ kind: 'partition', partition }, [name, ...(number === undefined ? [] : ids.map((id) => `disk/${id}-part${number}`))])
    // Of a LUN with several paths each has the same partition; of a copy, too.
    for (const one of [uuid && `disk/by-partuuid/${uuid}`, label && `disk/by-partlabel/${label}`]) {
      this.#addOnce({ kind: 'partition', partition }, one)
    }
  }

  /** kpartx and udev: `mpatha1`, `mpathap1`, `mpatha-part1`. */
  #addMapPartition(map: string, partition: Partition): void {
    const number = partition.number ?? /\d+$/.exec(partition.name)?.[0]
    if (number === undefined) return
    this.#add(
      { kind: 'partition', partition },
      ['', 'p', '-part'].map((between) => `mapper/${map}${between}${number}`),
    )
  }

  #add(named: Named, names: readonly (string | undefined)[]): void {
    for (const name of names) if (name !== undefined) this.#known.set(name.replace(/^\/dev\//, ''), named)
  }

  /** Two that have one name leave it open which of them is meant, unless they are paths to one disk. */
  #addOnce(named: Named, name: string | undefined): void {
    if (name === undefined) return
    const known = this.#known.get(name)
    const clashes = known !== undefined && !this.#isOne(known, named)
    this.#known.set(name, clashes ? { kind: 'ambiguous', reason: `several devices are called /dev/${name}` } : named)
  }

  #isOne(a: Named, b: Named): boolean {
    if (a.kind === 'disk' && b.kind === 'disk') return isOneDisk(a.device, b.device)
    if (a.kind !== 'partition' || b.kind !== 'partition') return JSON.stringify(a) === JSON.stringify(b)
    return (
      isOneDisk(this.#disks.get(a.partition.disk), this.#disks.get(b.partition.disk)) && a.partition.startBytes === b.partition.startBytes
    )
  }
}

function isOneDisk(a: BlockDevice | undefined, b: BlockDevice | undefined): boolean {
  if (!a || !b) return false
  return a === b || (a.wwid === b.wwid && [a, b].every((device) => isIdentified(device) && isShareable(device)))
}
