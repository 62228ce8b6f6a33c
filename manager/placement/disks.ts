// The disks of a guest by the VG that they are to lie in. Pure.
import { inExtents } from '../claims/rooms.ts'
import type { PlacementNeeds, VgPlace } from './picture.ts'

export interface DisksOfVg {
  readonly vg: string
  /** Bytes of each. */
  readonly sizes: readonly number[]
}

const kept = new WeakMap<PlacementNeeds, readonly DisksOfVg[]>()

/** Worked out once for the same needs. */
export function disksByVg(needs: PlacementNeeds): readonly DisksOfVg[] {
  const known = kept.get(needs)
  if (known) return known
  const byVg = new Map<string, number[]>()
  for (const { vg, bytes } of needs.space) byVg.set(vg, [...(byVg.get(vg) ?? []), bytes])
  const disks = [...byVg].map(([vg, sizes]) => ({ vg, sizes }))
  kept.set(needs, disks)
  return disks
}

/** Each takes whole extents. */
export function spaceTaken(vg: VgPlace, sizes: readonly number[]): number {
  let sum = 0
  for (const bytes of sizes) sum += inExtents(bytes, vg)
  return sum
}
