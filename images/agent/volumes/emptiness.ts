// Whether a disk is proven empty: nothing on it, and nothing that uses it. What was read is given; who asks has seen to it that all of it
// was read whole. Pure.
import type { Pv } from '../../../manager/protocol/storage.ts'
import { type Named, type Seen, usersOf } from '../requests/lun-users.ts'
import type { MeantDisk } from './identity.ts'

/** What no section has. */
export interface Beside {
  readonly named: Named
  readonly loops: readonly Loop[]
}

export interface Loop {
  readonly name: string
  /** The file or device that it shows. */
  readonly backing: string
}

export interface Contents {
  /** Sentences; whatever a person types, the disk is left alone. */
  readonly users: readonly string[]
  /** Sentences, of what may be wiped when a person says so. */
  readonly signatures: readonly string[]
  /** Partitions, by name: their own signatures are to go with it. */
  readonly partitions: readonly string[]
  /** It is a PV of no VG, as one is left by a vgcreate that was cut short: as good as empty. */
  readonly isFreePv: boolean
}

export function contentsOf(disk: MeantDisk, seen: Seen, { named, loops }: Beside): Contents {
  const names = new Set([disk.name, ...disk.devices, ...mapDevices(disk, seen)])
  const partitions = seen.partitions.filter((one) => names.has(one.disk)).map(({ name }) => name)
  const all = new Set([...names, ...partitions])
  const paths = new Set([disk.path, ...[...all].flatMap((name) => [`/dev/${name}`, `/dev/mapper/${name}`])])
  const pvs = seen.pvs.filter(({ device }) => device !== undefined && paths.has(device))
  const isFreePv = pvs.length === 1 && partitions.length === 0 && pvs.every(isFree)
  const labels = seen.fileSystems.filter(({ on }) => all.has(on))
  return {
    users: [
      ...usersOf(disk.devices, seen, named),
      ...pvs.filter((one) => !isFree(one)).map(({ device, vg }) => `${device} is a PV of the VG ${vg ?? 'that is not known'}`),
      // A VG that this host leaves alone: LVM tells of no such PV.
      ...labels
        .filter(({ on, type }) => type === 'LVM2_member' && !pvs.some(({ device }) => isAt(device, on)))
        .map(({ on }) => `${on} is a PV that LVM does not tell of`),
      ...labels.filter(({ on, type }) => type === 'mpath_member' && on === disk.name).map(({ on }) => `${on} is a path of a map`),
      // What is neither has been told of by usersOf.
      ...named.rows
        .filter(
          ({ kname, type, parents }) => /^(part|mpath|lvm)$/.test(type ?? '') && !all.has(kname) && parents.some((one) => all.has(one)),
        )
        .map(({ kname, type }) => `${kname} (${type}) lies on it`),
      ...loops.filter(({ backing }) => paths.has(backing)).map(({ name }) => `${name} lies on it`),
    ],
    signatures: [
      ...partitions.map((name) => `it has the partition ${name}`),
      ...labels
        .filter(({ type }) => type !== 'mpath_member' && !(isFreePv && type === 'LVM2_member'))
        .map(({ on, type }) => `${on} has a signature of ${type}`),
    ],
    partitions,
    isFreePv,
  }
}

function isFree({ vg, vgUuid, missing }: Pv): boolean {
  return vg === undefined && vgUuid === undefined && !missing
}

function isAt(device: string | undefined, name: string): boolean {
  return device === `/dev/${name}` || device === `/dev/mapper/${name}`
}

/** `dm-3` of a map. */
function mapDevices({ name }: MeantDisk, { multipaths }: Seen): readonly string[] {
  return multipaths.filter((one) => one.name === name).flatMap(({ dm }) => dm ?? [])
}
