// The requests make-disk, grow-disk and remove-disk: LVs of guests, with their content and the tags that tell whose they are.
import { z } from 'zod'
import { imageId } from '../disk-image.ts'
import { lvOf, vgName, vgRef } from '../guest-disk.ts'
import { bytes, count, record, type Uuid, uuid } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { long } from './request.ts'

/**
 * The LV of this disk is there with these tags and all of its content, and the device above it can be made. Where it is there already and
 * `ready`, that is all: what a guest has written is never written over. New space reads as zero. What was begun and is not `ready` is
 * begun anew.
 */
export const makeDisk = long({
  since: 5,
  body: record({
    kind: z.literal('make-disk'),
    vg: vgRef,
    /** A thin pool of this VG; left out: a thick LV. */
    thinPool: vgName.exactOptional(),
    disk: uuid,
    guest: uuid,
    generation: count,
    epoch: count,
    /** Rounded up to whole extents of the VG. */
    sizeBytes: bytes.min(1),
    /** What it begins with; left out: zeros. Not larger than the disk. */
    image: record({ id: imageId, sizeBytes: bytes }).exactOptional(),
  }),
  answer: record({ kind: z.literal('disk-made'), sizeBytes: bytes, was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofDisk,
  limit: 6 * 3600_000,
})

/** It has at least this size, also for the guest that runs on it; what is new reads as zero. */
export const growDisk = long({
  since: 5,
  body: record({ kind: z.literal('grow-disk'), vg: vgRef, disk: uuid, sizeBytes: bytes.min(1) }),
  answer: record({ kind: z.literal('disk-grown'), sizeBytes: bytes }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofDisk,
  limit: 3600_000,
})

/** It is not there any more, its space discarded where the disk below can. Refused while something has it open. */
export const removeDisk = long({
  since: 5,
  body: record({ kind: z.literal('remove-disk'), vg: vgRef, disk: uuid }),
  answer: record({ kind: z.literal('disk-removed'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'never',
  holds: ofDisk,
  limit: 3600_000,
})

function ofDisk({ vg, disk }: { readonly vg: { readonly name: string }; readonly disk: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'lv', vg: vg.name, name: lvOf(disk) })
}

/** Each under its own kind. */
export const guestDisksRequests = {
  'make-disk': makeDisk,
  'grow-disk': growDisk,
  'remove-disk': removeDisk,
} as const
