// What is seen to of disks in VGs that several hosts see: an LV there is one for all of them, and its VG's metadata is written by one host at a
// time.
import { Turns } from '../../appliance/wire/turns.ts'
import type { Inventory } from '../protocol/inventory.ts'

/** Of VGs: who changes one keeps others from it, whichever host it does so on. */
export interface Locks {
  take(
    lock: { readonly key: string; readonly name: string; readonly access: 'shared' | 'exclusive' },
    by: { readonly task: string; readonly title: string },
  ): Promise<{ readonly kind: 'taken'; readonly release: () => void } | { readonly kind: 'held'; readonly reason: string }>
}

export interface SeenIn {
  readonly host: string
  readonly lv: { readonly vgUuid: string; readonly active: boolean }
  readonly act: 'leave' | 'remove' | 'keep' | 'part'
}

/** Of these VGs those that two hosts report at least. Other hosts may be heard in between. */
export async function sharedAmong(
  uuids: ReadonlySet<string>,
  inventories: Iterable<Pick<Inventory, 'vgs'> | undefined>,
): Promise<ReadonlySet<string>> {
  const [seen, shared] = [new Set<string>(), new Set<string>()]
  if (uuids.size === 0) return shared
  const turns = new Turns()
  for (const inventory of inventories) {
    if (turns.isOver()) await turns.next()
    const there = new Set((inventory?.vgs ?? []).map((vg) => vg.uuid as string))
    for (const uuid of uuids) {
      if (!there.has(uuid)) continue
      if (seen.has(uuid)) shared.add(uuid)
      seen.add(uuid)
    }
  }
  return shared
}

/** Of each VG of several hosts one thing at a time, by the host that has the LV active. */
export function oneOfEach<Left extends SeenIn>(due: ReadonlyMap<string, Left>, shared: ReadonlySet<string>): ReadonlyMap<string, Left> {
  const taken = new Set<string>()
  const sorted = [...due].sort(([, one], [, other]) => Number(other.lv.active) - Number(one.lv.active))
  return new Map(
    sorted.filter(([, { lv, act }]) => {
      // It writes no metadata.
      if (!shared.has(lv.vgUuid) || act === 'part') return true
      if (taken.has(lv.vgUuid)) return false
      taken.add(lv.vgUuid)
      return true
    }),
  )
}
