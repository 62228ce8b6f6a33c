// Which LUNs lie beneath a device of a host: partitions, multipath maps, LVs, md and LUKS traced down to disks that other hosts can reach.

import { groupBy } from '../group-by.ts'
import type { Inventory } from '../protocol/inventory.ts'
import { isPlaceholderWwid } from '../protocol/placeholders.ts'
import type { BlockDevice } from '../protocol/storage.ts'

/** The sections that storage is read from. */
export type StorageSections = Pick<
  Inventory,
  'blockDevices' | 'multipaths' | 'partitions' | 'fileSystems' | 'pvs' | 'vgs' | 'lvs' | 'iscsi' | 'nfsMounts' | 'kernel'
>

export interface Devices {
  /** Paths to LUNs, by WWID; disks of the machine's own are not among them. */
  readonly paths: ReadonlyMap<string, readonly BlockDevice[]>
  /** WWIDs of the LUNs beneath a device, by its name or path; empty for one on disks of the machine's own. */
  readonly lunsUnder: (device: string) => readonly string[]
  /** WWIDs of the LUNs beneath a VG, by its UUID. */
  readonly lunsOfVg: (uuid: string) => readonly string[]
}

export function readDevices(inventory: StorageSections): Devices {
  const paths = groupBy(
    inventory.blockDevices.filter((device) => isIdentified(device) && isShareable(device)),
    (device) => String(device.wwid),
  )
  const wwids = new Map<string, string>()
  for (const [wwid, devices] of paths) for (const { name, device } of devices) addNames(wwids, wwid, name, device)
  for (const { name, dm, wwid, paths: members } of inventory.multipaths) {
    // A map may have another name for its LUN than the kernel has.
    const known = paths.has(wwid) ? wwid : members.map(({ device }) => wwids.get(device)).find((one) => one !== undefined)
    addNames(wwids, known, name, dm)
  }
  for (const { name, disk } of inventory.partitions) addNames(wwids, wwids.get(baseName(disk)), name)

  const pvs = groupBy(inventory.pvs, ({ vgUuid }) => vgUuid as string | undefined)
  const wwidOf = (device: string): string | undefined => wwids.get(baseName(device)) ?? wwids.get(mapOf(baseName(device)))
  const beneath = new Map<string, readonly string[]>()
  for (const { on, uuid, type, disks = [] } of inventory.fileSystems) {
    const luns = disks.flatMap((disk) => wwids.get(disk) ?? [])
    beneath.set(`on ${on}`, luns)
    // A PV's signature carries its UUID: it is found on LUKS, md or bcache, whatever name LVM knows the device by.
    if (type === 'LVM2_member' && uuid !== undefined) beneath.set(`pv ${uuid}`, [...luns, ...(beneath.get(`pv ${uuid}`) ?? [])])
  }
  const lunsOfPv = ({ uuid, device }: StorageSections['pvs'][number]): readonly string[] => {
    const direct = device === undefined ? undefined : wwidOf(device)
    return direct === undefined ? (beneath.get(`pv ${uuid}`) ?? []) : [direct]
  }
  const lunsOfVg = (uuid: string): readonly string[] => sorted((pvs.get(uuid) ?? []).flatMap(lunsOfPv))
  const lvs = new Map<string, string>()
  for (const { vg, vgUuid, name, path } of inventory.lvs) addNames(lvs, vgUuid, mapperName(vg, name), path)
  const lunsUnder = (device: string): readonly string[] => {
    const wwid = wwidOf(device)
    const vg = lvs.get(device) ?? lvs.get(baseName(device))
    return wwid !== undefined ? [wwid] : vg !== undefined ? lunsOfVg(vg) : sorted(beneath.get(`on ${baseName(device)}`) ?? [])
  }
  return { paths, lunsUnder, lunsOfVg }
}

/** Other transports lead to disks in the machine: two of those with one WWID are not one disk (QEMU's all have the same). */
export function isShareable({ transport, fabric }: BlockDevice): boolean {
  return transport === 'fc' || transport === 'iscsi' || transport === 'sas' || fabric !== undefined
}

/** False also for what an older agent took for an identity. */
export function isIdentified({ wwid }: BlockDevice): boolean {
  return wwid !== undefined && !isPlaceholderWwid(wwid)
}

/** By its path a device is known as a whole, by its name as `sda` and `dm-3`. */
function addNames(names: Map<string, string>, to: string | undefined, ...known: readonly (string | undefined)[]): void {
  if (to === undefined) return
  for (const name of known) if (name !== undefined) names.set(/^\/dev\/(?!mapper\/)[^/]+\//.test(name) ? name : baseName(name), to)
}

/** kpartx and udev make the partitions of a map: `mpatha1`, `mpathap1`, `mpatha-part1`. */
function mapOf(name: string): string {
  return name.replace(/(-part|p)?\d+$/, '')
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** As device-mapper writes it: dashes of the names are doubled. */
export function mapperName(vg: string, lv: string): string {
  return [vg, lv].map((name) => name.replaceAll('-', '--')).join('-')
}

function sorted(wwids: readonly string[]): readonly string[] {
  return [...new Set(wwids)].sort()
}
