// Volume groups as their metadata says: on the PVs, so that every host that sees one of them sees the group. Which LVs are active is not
// here: that is a host's, its dm devices. Pure.

export interface Group {
  readonly uuid: string
  readonly name: string
  readonly extentSectors: number
  readonly pvs: readonly Pv[]
  readonly volumes: readonly Volume[]
  readonly tags: readonly string[]
}

export interface Pv {
  readonly uuid: string
  readonly medium: string
  /** Where the device that is the PV begins on its medium: not 0 for a partition. */
  readonly start: number
  readonly extents: number
  readonly tags: readonly string[]
}

export interface Volume {
  readonly uuid: string
  readonly name: string
  readonly kind: VolumeKind
  readonly tags: readonly string[]
  readonly writable: boolean
  /** What `lvchange -ay` of a whole group leaves alone. */
  readonly skipActivation: boolean
  /** In its order; none of thin volumes. */
  readonly segments: readonly VolumeSegment[]
  /** As it is seen; of thin volumes more than there is. */
  readonly sectors: number
}

export type VolumeKind =
  | { readonly kind: 'linear' }
  | { readonly kind: 'snapshot'; readonly origin: string }
  | { readonly kind: 'thin-pool'; readonly metadataSectors: number }
  | { readonly kind: 'thin'; readonly pool: string; readonly origin: string | undefined }
  /** Kept by LVM for itself: `pool_tdata`, `lvol0_pmspare`. */
  | { readonly kind: 'hidden'; readonly role: 'data' | 'metadata' | 'spare' }

export interface VolumeSegment {
  readonly pv: string
  /** The first extent, and how many. */
  readonly first: number
  readonly extents: number
}

/** Before the first extent: LVM's own area of 1 MiB. */
export const PV_HEADER = 2048
export const EXTENT_SECTORS = 8192

export function extentsOf(group: Group): number {
  return group.pvs.reduce((sum, { extents }) => sum + extents, 0)
}

export function freeExtents(group: Group): number {
  return group.pvs.reduce((sum, pv) => sum + freeIn(group, pv), 0)
}

export function freeIn(group: Group, pv: Pv): number {
  return pv.extents - usedIn(group, pv).reduce((sum, { extents }) => sum + extents, 0)
}

/** Undefined when there are not so many. The first that are free, on the PVs that are named. */
export function allocate(group: Group, extents: number, on: (pv: Pv) => boolean): readonly VolumeSegment[] | undefined {
  const found: VolumeSegment[] = []
  let left = extents
  for (const pv of group.pvs.filter(on)) {
    let at = 0
    const used = [...usedIn(group, pv), { pv: pv.uuid, first: pv.extents, extents: 0 }].sort((a, b) => a.first - b.first)
    for (const { first, extents: taken } of used) {
      const here = Math.min(left, first - at)
      if (here > 0) found.push({ pv: pv.uuid, first: at, extents: here })
      left -= Math.max(0, here)
      at = Math.max(at, first + taken)
      if (left === 0) return found
    }
  }
  return undefined
}

export function volumeOf(group: Group, name: string): Volume | undefined {
  return group.volumes.find((one) => one.name === name)
}

export function withVolume(group: Group, volume: Volume): Group {
  const others = group.volumes.filter(({ uuid }) => uuid !== volume.uuid)
  return { ...group, volumes: [...others, volume] }
}

export function withoutVolume(group: Group, name: string): Group {
  return { ...group, volumes: group.volumes.filter((one) => one.name !== name) }
}

/** The medium on which the content of a thin volume or a snapshot is. */
export function ownMedium({ uuid }: Volume): string {
  return `lv:${uuid}`
}

function usedIn(group: Group, pv: Pv): readonly VolumeSegment[] {
  return group.volumes.flatMap(({ segments }) => segments.filter((one) => one.pv === pv.uuid))
}
