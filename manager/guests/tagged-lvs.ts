// The LVs of guests' disks among those that a host reports: by their own tags, whatever the store says.
import { type DiskTags, readDiskTags, untilOf } from '../protocol/guest-disk.ts'
import type { Lv } from '../protocol/storage.ts'

export interface TaggedLv {
  readonly lv: Lv
  readonly tags: DiskTags
  /** When it is to go, milliseconds since the epoch. */
  readonly until: number | undefined
}

/** Of each report of LVs, as long as it is the last of its host. */
const TAGGED = new WeakMap<readonly Lv[], readonly TaggedLv[]>()

export function disksAmong(lvs: readonly Lv[]): readonly TaggedLv[] {
  const found =
    TAGGED.get(lvs) ??
    lvs.flatMap((lv) => {
      const tags = readDiskTags(lv.tags)
      return tags ? [{ lv, tags, until: untilOf(lv.tags) }] : []
    })
  TAGGED.set(lvs, found)
  return found
}
