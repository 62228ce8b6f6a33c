// How long a move takes, and how much of its disks is not sent, as far as that is known before it: for the plan. Pure.

import { lvOf, readDiskTags } from '../../protocol/guest-disk.ts'
import type { SeeingHost } from '../../storage/shared-vgs.ts'
import type { MigrateArgs, MovedDisk } from './args.ts'
import { READ } from './restarting.ts'
import { going } from './shared.ts'

/** Of a disk that is copied, bytes that are not sent. */
export interface NotSent {
  /** Of a thin disk: never written. */
  readonly zeroBytes: number
  /** The new host has an older copy of them: none of it is sent that has not changed. */
  readonly thereBytes: number
}

export function notSent({ disk, sizeBytes, from: own, to }: MovedDisk, from: SeeingHost, target: SeeingHost): NotSent {
  const name = lvOf(disk)
  const lv = from.inventory.lvs.find((one) => one.vgUuid === own.uuid && one.name === name)
  const written = lv?.pool === undefined || lv.dataPercent === undefined ? sizeBytes : Math.ceil((sizeBytes * lv.dataPercent) / 100)
  const left = target.inventory.lvs.find((one) => one.vgUuid === to.uuid && one.name === name)
  const tags = left && readDiskTags(left.tags)
  const isThere = left !== undefined && tags?.disk === disk && tags.state === 'stale' && left.sizeBytes === lv?.sizeBytes
  return { zeroBytes: sizeBytes - written, thereBytes: isThere ? written : 0 }
}

/** Milliseconds for what is short, of each move, and of each disk that is copied: its copy, its mirror, what was written meanwhile. */
const EACH_MOVE = 5000
const EACH_DISK = 5000

export interface Rates {
  /** Bytes a second, of what the network carries, or the move may. */
  readonly bytes: number
}

/**
 * Milliseconds in all. A seed reads all of a disk while it sends what has to be sent, at whichever pace is the slower; the mirror behind it
 * sends what the guest wrote meanwhile, which nobody knows; who compares reads all once more.
 */
export function takesOf(
  { disks, seed, way, memoryBytes, restarting }: Pick<MigrateArgs, 'disks' | 'seed' | 'way' | 'memoryBytes' | 'restarting'>,
  saved: ReadonlyMap<string, NotSent>,
  { bytes: rate }: Rates,
): number {
  const copied = going({ disks })
  const seconds = copied.map(({ disk, sizeBytes }) => {
    const { zeroBytes = 0, thereBytes = 0 } = saved.get(disk) ?? {}
    const copying = seed ? Math.max(sizeBytes / READ, (sizeBytes - zeroBytes - thereBytes) / rate) : sizeBytes / rate
    return copying + (restarting ? sizeBytes / READ : 0)
  })
  const memory = way === 'live' ? memoryBytes / rate : 0
  return Math.round(seconds.reduce((sum, one) => sum + one, memory) * 1000) + EACH_MOVE + copied.length * EACH_DISK
}
