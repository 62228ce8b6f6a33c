// What is on a disk of a host by its report, and what uses it: what no typing takes away, and what makes it other than empty. Pure.
import { doOverlap } from '../claims/extents.ts'
import type { Uses } from '../claims/uses.ts'
import type { Inventory, SectionName } from '../protocol/inventory.ts'
import type { BlockDevice } from '../protocol/storage.ts'

/** All that may write to a disk stand here. */
export const SECTIONS: readonly SectionName[] = [
  ...(['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'guests', 'drbd'] as const),
]

/** What uses it; undefined: nothing that the host tells of. */
export function usedBy({ name, multipath }: BlockDevice, inventory: Inventory, uses: Uses): string | undefined {
  const found = uses.media.locate(`/dev/${multipath === undefined ? name : `mapper/${multipath}`}`)
  if (found.kind !== 'located') return found.reason
  for (const footprint of found.footprints) {
    const use = uses.writes.get(footprint.space)?.find((one) => doOverlap(footprint, one.footprint))
    if (use) return `${use.by} is on it`
  }
  const parts = new Set<string>([name, ...inventory.partitions.flatMap((one) => (one.disk === name ? [one.name] : []))])
  const pv = inventory.pvs.find(({ device = '' }) => parts.has(device.slice('/dev/'.length)))
  if (pv) return pv.vg === undefined ? 'it is a PV of no VG: pvremove it' : `VG ${pv.vg} is on it`
  // Swap, md, LUKS, LVs: it is beneath something that is there now.
  const above = inventory.fileSystems.find(({ on, disks = [] }) => disks.includes(name) && !parts.has(on))
  return above && `it is beneath ${above.on}`
}

/** Partitions and signatures, also of the map that it is a path of. */
export function signsOn({ name, multipath }: BlockDevice, { partitions, fileSystems, multipaths }: Inventory): string | undefined {
  const map = multipaths.find((one) => one.name === multipath)
  const parts = partitions.filter(({ disk }) => disk === name || (map !== undefined && (disk === map.name || disk === map.dm)))
  const signature = fileSystems.find(({ on, type, disks = [] }) => type !== 'mpath_member' && (on === name || disks.includes(name)))
  if (parts.length > 0) return `it has ${parts.length} ${parts.length === 1 ? 'partition' : 'partitions'}`
  return signature && `it carries ${signature.type}${signature.label === undefined ? '' : ` (${signature.label})`}`
}
