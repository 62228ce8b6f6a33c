// What a host has for itself: disks, VGs and file systems that no other host reaches.
import type { Inventory, Problem } from '../protocol/inventory.ts'
import type { BlockDevice, FileSystem, Vg } from '../protocol/storage.ts'
import { readDevices, type StorageSections } from './devices.ts'
import { isFileSystem } from './storage.ts'
import type { ThingKey } from './thing.ts'

export interface LocalStorage {
  readonly disks: readonly BlockDevice[]
  readonly vgs: readonly Vg[]
  readonly fileSystems: readonly FileSystem[]
  /** What could not be read. */
  readonly problems: readonly Problem[]
}

/** `isShared`: of a LUN, by its key. */
export function localStorageOf(
  inventory: StorageSections & Pick<Inventory, 'problems'>,
  isShared: (lun: ThingKey) => boolean,
): LocalStorage {
  const devices = readDevices(inventory)
  const local = (luns: readonly string[]): boolean => !luns.some((wwid) => isShared(`lun:${wwid}`))
  return {
    disks: inventory.blockDevices.filter(({ name, removable }) => !removable && local(devices.lunsUnder(name))),
    vgs: inventory.vgs.filter(({ uuid }) => local(devices.lunsOfVg(uuid))),
    fileSystems: inventory.fileSystems.filter(({ on, type }) => isFileSystem(type) && local(devices.lunsUnder(on))),
    problems: inventory.problems,
  }
}
