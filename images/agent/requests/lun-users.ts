// What on this host uses a device, from what is known of the host: a session is not ended under a guest or a file system. Pure.
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { BlockDevice, FileSystem, Lv, Multipath, Partition, Pv } from '../../../manager/protocol/storage.ts'

export interface Seen {
  readonly blockDevices: readonly BlockDevice[]
  readonly multipaths: readonly Multipath[]
  readonly partitions: readonly Partition[]
  readonly fileSystems: readonly FileSystem[]
  readonly pvs: readonly Pv[]
  readonly lvs: readonly Lv[]
  readonly guests: readonly Guest[]
}

/** `devices`: kernel names of block devices. Sentences; none when they are free. */
export function usersOf(devices: readonly string[], seen: Seen): readonly string[] {
  const names = namesOf(devices, seen)
  const paths = pathsOf(names, seen)
  const mounts = seen.fileSystems
    .filter(({ on }) => names.has(on))
    .flatMap(({ on, mountPoints }) => mountPoints.map((point) => `${on} is mounted on ${point}`))
  const signed = new Set(seen.fileSystems.filter(({ on }) => names.has(on)).map(({ uuid }) => uuid))
  const isOn = ({ device, uuid }: Pv): boolean => (device !== undefined && paths.has(device)) || signed.has(uuid)
  const groups = new Set(seen.pvs.filter(isOn).map(({ vgUuid }) => vgUuid))
  const volumes = seen.lvs.filter(({ active, vgUuid }) => active && groups.has(vgUuid)).map(({ vg, name }) => `LV ${vg}/${name} is active`)
  return [...mounts, ...volumes, ...guestsOf(devices, seen)]
}

/** Those of the users that are guests: they have a whole device or a partition of it as a disk. */
export function guestsOf(devices: readonly string[], seen: Seen): readonly string[] {
  const paths = pathsOf(namesOf(devices, seen), seen)
  return seen.guests.flatMap(({ name, disks }) =>
    disks.filter(({ target }) => paths.has(target)).map(({ vdev }) => `guest ${name} has it as ${vdev}`),
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
function pathsOf(names: ReadonlySet<string>, { blockDevices }: Seen): ReadonlySet<string> {
  const links = blockDevices
    .filter(({ name }) => names.has(name))
    .flatMap(({ byPath, byId }) => [...byPath.map((one) => `/dev/disk/by-path/${one}`), ...byId.map((one) => `/dev/disk/by-id/${one}`)])
  return new Set([...names].flatMap((name) => [`/dev/${name}`, `/dev/mapper/${name}`]).concat(links))
}
