// The disks of a guest by the VG that they are to lie in. Pure.
import { inExtents } from '../claims/rooms.ts'
import type { PlacementNeeds, VgPlace } from './picture.ts'

export interface DisksOfVg {
  readonly vg: string
  /** Bytes of each. */
  readonly sizes: readonly number[]
  /** Ids of hosts on which they lie already: they take nothing there. */
  readonly there: ReadonlySet<string> | undefined
}

const kept = new WeakMap<PlacementNeeds, readonly DisksOfVg[]>()

/** Worked out once for the same needs. */
export function disksByVg(needs: PlacementNeeds): readonly DisksOfVg[] {
  const known = kept.get(needs)
  if (known) return known
  const byVg = new Map<string, DisksOfVg>()
  for (const { vg, bytes, there } of needs.space) {
    const key = JSON.stringify([vg, ...(there ?? [])])
    byVg.set(key, { vg, there, sizes: [...(byVg.get(key)?.sizes ?? []), bytes] })
  }
  const disks = [...byVg.values()]
  kept.set(needs, disks)
  return disks
}

/** Each takes whole extents. */
export function spaceTaken(vg: VgPlace, sizes: readonly number[]): number {
  let sum = 0
  for (const bytes of sizes) sum += inExtents(bytes, vg)
  return sum
}
