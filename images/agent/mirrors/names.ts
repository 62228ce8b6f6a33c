// What belongs to the mirror of a disk on a host: a DRBD resource with one volume, a device beneath it and a small LV for its metadata. Pure.
import type { Uuid } from '../../../manager/protocol/values.ts'

export const SECTOR = 512

/** Of DRBD. */
export function resourceOf(disk: Uuid): string {
  return `hostless-${disk}`
}

/** The LV of its metadata. */
export function metaOf(disk: Uuid): string {
  return `mirror-${disk}`
}

/** `raw` of the migration: DRBD and the guest's device claim one LV, each by a device of device-mapper's. */
export function rawOf(disk: Uuid): string {
  return `hostless-raw-${disk}`
}

/** The tag of an LV that has come to be T's alone, with all that S had: by the generation of the copy. */
export function settledTag(generation: number): string {
  return `hostless.settled=${generation}`
}

export const isSettledTag = (tag: string): boolean => tag.startsWith('hostless.settled=')

/** Bytes for a disk of so many: a bit for 4 KiB in pages of 4 KiB, activity log and superblock (drbdmeta(8), external). */
export function metaBytes(sizeBytes: number): number {
  return (Math.ceil(sizeBytes / SECTOR / 2 ** 18) * 8 + 72) * SECTOR
}
