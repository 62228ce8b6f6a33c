// What is put into a site before anything happens: disks, LUNs behind targets, exports. Pure.
import { ZEROES } from './content.ts'
import { hostOf, type Label, type Medium, type Partition, SECTOR, type Site, withHost, withMedium } from './site.ts'

export interface DriveSpec {
  readonly bytes: number
  readonly wwid?: string
  readonly vendor?: string
  readonly model?: string
  readonly serial?: string
  readonly partitions?: readonly Partition[]
  /** By the sector where each begins. */
  readonly labels?: readonly (readonly [sector: number, label: Label])[]
}

function drive(id: string, { bytes, partitions = [], labels = [], ...rest }: DriveSpec): Medium {
  return { ...rest, id, sectors: Math.floor(bytes / SECTOR), content: ZEROES, partitions, labels: new Map(labels) }
}

/** A disk of this host alone, by the kernel's name. */
export function addDisk(site: Site, name: string, disk: string, transport: string, spec: DriveSpec): Site {
  const host = hostOf(site, name)
  const medium = `${name}/${disk}`
  return withMedium(withHost(site, { ...host, disks: [...host.disks, { name: disk, medium, transport }] }), drive(medium, spec))
}

/** A LUN that these hosts see over SAS, by the kernel's name: it is there as soon as they are. */
export function addLun(site: Site, names: readonly string[], disk: string, spec: DriveSpec & { readonly wwid: string }): Site {
  const seen = names.reduce((all, name) => {
    const host = hostOf(all, name)
    return withHost(all, { ...host, disks: [...host.disks, { name: disk, medium: spec.wwid, transport: 'sas' }] })
  }, site)
  return withMedium(seen, drive(spec.wwid, spec))
}

export interface TargetSpec {
  readonly name: string
  readonly portals: readonly string[]
  readonly chap?: { readonly user: string; readonly password: string }
  /** From number 1 on. */
  readonly luns: readonly DriveSpec[]
}

/** A LUN of one WWID is one medium, behind whatever target. */
export function addTarget(site: Site, { name, portals, chap, luns }: TargetSpec): Site {
  const media = luns.map((spec, index) => drive(spec.wwid ?? `${name}/${index + 1}`, spec))
  const target = {
    name,
    portals,
    silent: new Set<string>(),
    ...(chap ? { chap } : {}),
    luns: media.map(({ id }, index) => ({ lun: index + 1, medium: id })),
  }
  const filled = media.reduce((all, medium) => (all.media.has(medium.id) ? all : withMedium(all, medium)), site)
  return { ...filled, targets: [...filled.targets, target] }
}

/** An NFS server's, `server:/export`. */
export function addExport(site: Site, source: string, files: ReadonlyMap<string, string>): Site {
  const label: Label = { kind: 'file-system', type: 'nfs', uuid: source, files }
  return withMedium(site, drive(`nfs:${source}`, { bytes: 0, labels: [[0, label]] }))
}
