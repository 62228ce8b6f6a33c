// File systems that lie on disks of guests: what is there is the guest's, and nobody else's to mount.
import type { Guest } from '../protocol/guests.ts'
import { readDevices, type StorageSections } from './devices.ts'

/** UUIDs, by what one host reports. A guest with one partition of a LUN has all of it. */
export function fileSystemsOfGuests(inventory: StorageSections & { readonly guests: readonly Guest[] }): readonly string[] {
  const targets = inventory.guests.flatMap(({ disks }) => disks.map(({ target }) => target)).filter((target) => target.startsWith('/dev/'))
  if (targets.length === 0) return []
  const { lunsUnder } = readDevices(inventory)
  const held = new Set(targets.flatMap(lunsUnder))
  return inventory.fileSystems.flatMap(({ on, uuid }) => (uuid !== undefined && lunsUnder(on).some((wwid) => held.has(wwid)) ? [uuid] : []))
}
