// What belongs to the mirror of a disk on a host: a DRBD resource with one volume, a device beneath it and a small LV for its metadata. Pure.
import type { Uuid } from '../../../manager/protocol/values.ts'

export const SECTOR = 512

/** Of DRBD in the kernel (LANANA). */
export const DRBD_MAJOR = 147

/** Of DRBD. */
export function resourceOf(disk: Uuid): string {
  return `hostless-${disk}`
}

/** `raw` of the migration: DRBD and the guest's device claim one LV, each by a device of device-mapper's. */
export function rawOf(disk: Uuid): string {
  return `hostless-raw-${disk}`
}

/** That a copy has come to be T's alone, with all that S had: its generation. In RAM, as is the guest that waits for it. */
export function settledPath(disk: Uuid): string {
  return `/run/hostless/mirrors/${disk}.settled`
}

/** That S has met T for this disk, and of which of DRBD's generations both were. In RAM, as the mirror's kernel is. */
export function metPath(disk: Uuid): string {
  return `/run/hostless/mirrors/${disk}.met`
}

/** Bytes for a disk of so many: a bit for 4 KiB in pages of 4 KiB, activity log and superblock (drbdmeta(8), external). */
export function metaBytes(sizeBytes: number): number {
  return (Math.ceil(sizeBytes / SECTOR / 2 ** 18) * 8 + 72) * SECTOR
}
