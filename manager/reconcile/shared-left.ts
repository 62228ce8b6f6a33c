// What is seen to of disks in VGs that several hosts see: an LV there is one for all of them, and its VG's metadata is written by one host at a
// time. Pure.
import type { Inventory } from '../protocol/inventory.ts'

export interface SeenIn {
  readonly host: string
  readonly lv: { readonly vgUuid: string; readonly active: boolean }
  readonly act: 'leave' | 'remove' | 'keep' | 'part'
}

/** UUIDs of VGs that two hosts report at least. */
export function sharedIn(inventories: readonly (Pick<Inventory, 'vgs'> | undefined)[]): ReadonlySet<string> {
  const [seen, shared] = [new Set<string>(), new Set<string>()]
  for (const inventory of inventories)
    for (const uuid of new Set((inventory?.vgs ?? []).map((vg) => vg.uuid as string))) {
      if (seen.has(uuid)) shared.add(uuid)
      seen.add(uuid)
    }
  return shared
}

/** Of each such VG one thing at a time, by the host that has the LV active, and none while an automation has the VG. */
export function oneOfEach<Left extends SeenIn>(
  due: ReadonlyMap<string, Left>,
  shared: ReadonlySet<string>,
  isHeld: (vgUuid: string) => boolean,
): ReadonlyMap<string, Left> {
  const taken = new Set<string>()
  const sorted = [...due].sort(([, one], [, other]) => Number(other.lv.active) - Number(one.lv.active))
  return new Map(
    sorted.filter(([, { lv, act }]) => {
      // It writes no metadata.
      if (!shared.has(lv.vgUuid) || act === 'part') return true
      if (taken.has(lv.vgUuid) || isHeld(lv.vgUuid)) return false
      taken.add(lv.vgUuid)
      return true
    }),
  )
}
