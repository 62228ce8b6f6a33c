// The VG that a request means, and the LV of a disk in it, as the host has them now. What could not be read is not known to be missing.
import { type DiskTags, lvOf, readDiskTags, type VgRef } from '../../../manager/protocol/guest-disk.ts'
import type { Lv, Vg } from '../../../manager/protocol/storage.ts'
import { sayUnread, unreadOf } from '../../../manager/protocol/unread.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { collect } from '../collect.ts'
import type { World } from '../requests/world.ts'

export interface Refused {
  readonly kind: 'refused'
  /** `open`: something has it open just now, and may let go of it. */
  readonly cause: 'open' | 'unable'
  readonly reason: string
}

export interface FoundVolume {
  readonly lv: Lv
  /** Undefined: no disk of ours, or damaged. */
  readonly tags: DiskTags | undefined
}

export interface FoundGroup {
  readonly kind: 'found'
  readonly vg: Vg
  /** All that are in it. */
  readonly lvs: readonly Lv[]
}

export async function findGroup({ backend }: Pick<World, 'backend'>, ref: VgRef): Promise<FoundGroup | Refused> {
  const read = await collect(backend, ['vgs', 'lvs'])
  const unread = sayUnread(unreadOf(read, ['vgs', 'lvs']))
  if (unread !== undefined) return unable(`what is in the VG ${ref.name} is not known: ${unread}. It is to be asked again`)
  const vgs = read.sections.vgs ?? []
  const vg = vgs.find(({ uuid }) => uuid === ref.uuid)
  const namesake = vgs.find(({ name }) => name === ref.name)
  if (!vg)
    return unable(
      namesake
        ? `the VG ${ref.name} of this host is another one: its UUID is ${namesake.uuid}, and ${ref.uuid} is meant`
        : `there is no VG ${ref.name} (${ref.uuid}) on this host`,
    )
  if (vg.name !== ref.name) return unable(`the VG ${ref.uuid} is called ${vg.name} on this host, not ${ref.name}`)
  if (vgs.filter(({ name }) => name === vg.name).length > 1) return unable(`two VGs of this host are called ${vg.name}: rename one of them`)
  return { kind: 'found', vg, lvs: (read.sections.lvs ?? []).filter(({ vgUuid }) => vgUuid === vg.uuid) }
}

export function volumeOf({ lvs }: FoundGroup, disk: Uuid): FoundVolume | undefined {
  const lv = lvs.find(({ name }) => name === lvOf(disk))
  return lv && { lv, tags: readDiskTags(lv.tags) }
}

export function unable(reason: string): Refused {
  return { kind: 'refused', cause: 'unable', reason }
}
