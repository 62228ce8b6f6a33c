// What on this host uses a device, from what is known of the host: a session is not ended under a guest or a file system. Pure.
import { posix } from 'node:path'
import type { DrbdResource, Guest } from '../../../manager/protocol/guests.ts'
import type { BlockDevice, FileSystem, Lv, Multipath, Partition, Pv } from '../../../manager/protocol/storage.ts'
import type { DeviceLink } from '../inventory/disk-links.ts'
import type { BlockRow } from '../inventory/lsblk.ts'

export interface Seen {
  readonly blockDevices: readonly BlockDevice[]
  readonly multipaths: readonly Multipath[]
  readonly partitions: readonly Partition[]
  readonly fileSystems: readonly FileSystem[]
  readonly pvs: readonly Pv[]
  readonly lvs: readonly Lv[]
  readonly guests: readonly Guest[]
  readonly drbd: readonly DrbdResource[]
}

/** All names that the kernel and udev have for block devices. */
export interface Named {
  readonly rows: readonly BlockRow[]
  readonly links: readonly DeviceLink[]
}

/** `devices`: kernel names of block devices. Sentences; none when they are free. */
export function usersOf(devices: readonly string[], seen: Seen, named: Named): readonly string[] {
  const names = namesOf(devices, seen)
  const paths = pathsOf(names, seen, named)
  const mounts = seen.fileSystems
    .filter(({ on }) => names.has(on))
    .flatMap(({ on, mountPoints }) => mountPoints.map((point) => `${on} is mounted on ${point}`))
  const signed = new Set(seen.fileSystems.filter(({ on }) => names.has(on)).map(({ uuid }) => uuid))
  const isOn = ({ device, uuid }: Pv): boolean => (device !== undefined && paths.has(device)) || signed.has(uuid)
  const groups = new Set(seen.pvs.filter(isOn).map(({ vgUuid }) => vgUuid))
  const volumes = seen.lvs.filter(({ active, vgUuid }) => active && groups.has(vgUuid)).map(({ vg, name }) => `LV ${vg}/${name} is active`)
  const mirrors = seen.drbd
    .filter(({ volumes }) => volumes.some(({ backing }) => backing !== undefined && paths.has(backing)))
    .map((resource) => `DRBD resource ${resource.name} lies on it`)
  return [...mounts, ...holdersOf(names, named.rows), ...volumes, ...mirrors, ...guestsOf(devices, seen, named)]
}

/** Guests that log in to one of these targets themselves: a block script has its name in their configuration. */
export function guestsNaming(targets: readonly string[], { guests }: Pick<Seen, 'guests'>): readonly string[] {
  const isNamed = (text: string): boolean => targets.some((target) => text.toLowerCase().includes(target))
  return guests.flatMap(({ name, disks }) =>
    disks.filter(({ target }) => isNamed(target)).map(({ vdev }) => `guest ${name} has it as ${vdev}`),
  )
}

/** What the kernel has made of it: LUKS, md, swap. LVs, maps and partitions are told of by those who know more of them. */
function holdersOf(names: ReadonlySet<string>, rows: readonly BlockRow[]): readonly string[] {
  const above = new Set(names)
  // What has several parents stands where the first of them does: it may be before another, and before what lies on that.
  for (let before = 0; before < above.size; ) {
    before = above.size
    for (const { kname, parents } of rows) if (parents.some((parent) => above.has(parent))) above.add(kname)
  }
  return rows
    .filter(({ kname }) => above.has(kname))
    .flatMap(({ kname, type, mountpoints }) => [
      ...(mountpoints.includes('[SWAP]') ? [`${kname} is swapped to`] : []),
      ...(!names.has(kname) && !/^(part|mpath|lvm)$/.test(type ?? '') ? [`${kname} (${type ?? 'of no known type'}) lies on it`] : []),
    ])
}

/** Those of the users that are guests: they have a whole device or a partition of it as a disk. */
export function guestsOf(devices: readonly string[], seen: Seen, named: Named): readonly string[] {
  const paths = pathsOf(namesOf(devices, seen), seen, named)
  return seen.guests.flatMap(({ name, disks }) =>
    disks
      .filter(({ target }) => target !== '' && paths.has(posix.resolve('/dev', target)))
      .map(({ vdev }) => `guest ${name} has it as ${vdev}`),
  )
}

/** The maps over these devices: flushed before the paths under them go. */
export function mapsOver(devices: readonly string[], { multipaths }: Pick<Seen, 'multipaths'>): readonly string[] {
  return multipaths.filter(({ paths }) => paths.some(({ device }) => devices.includes(device))).map(({ name }) => name)
}

function namesOf(devices: readonly string[], seen: Seen): ReadonlySet<string> {
  const maps = seen.multipaths.filter(({ paths }) => paths.some(({ device }) => devices.includes(device)))
  const whole = new Set([...devices, ...maps.flatMap(({ name, dm }) => (dm === undefined ? [name] : [name, dm]))])
  // What is on them by way of LUKS, md or bcache: by its signature alone.
  const above = seen.fileSystems.filter(({ disks = [] }) => disks.some((disk) => devices.includes(disk))).map(({ on }) => on)
  return new Set([...whole, ...above, ...seen.partitions.filter(({ disk }) => whole.has(disk)).map(({ name }) => name)])
}

/** The paths by which a guest's configuration or LVM may name them. */
function pathsOf(names: ReadonlySet<string>, { blockDevices, partitions, fileSystems }: Seen, named: Named): ReadonlySet<string> {
  const links = blockDevices
    .filter(({ name }) => names.has(name))
    .flatMap(({ byPath, byId }) => [...byPath.map((one) => `/dev/disk/by-path/${one}`), ...byId.map((one) => `/dev/disk/by-id/${one}`)])
  const by = (kind: string, value: string | undefined): readonly string[] => (value === undefined ? [] : [`/dev/disk/by-${kind}/${value}`])
  const signed = fileSystems.filter(({ on }) => names.has(on)).flatMap(({ uuid, label }) => [...by('uuid', uuid), ...by('label', label)])
  const parts = partitions
    .filter(({ name }) => names.has(name))
    .flatMap(({ uuid, label }) => [...by('partuuid', uuid), ...by('partlabel', label)])
  const others = [
    ...named.links.filter(({ device }) => names.has(device)).map(({ path }) => path),
    ...named.rows.flatMap(({ kname, path }) => (names.has(kname) && path !== undefined ? [path] : [])),
  ]
  return new Set([...[...names].flatMap((name) => [`/dev/${name}`, `/dev/mapper/${name}`]), ...links, ...signed, ...parts, ...others])
}
