// The requests of a disk that stays where it is while its guest moves: its LV lies in a VG on LUNs that S, where the guest was, and T, where
// it goes to, both see. One of the two may write at any time. images/agent/shared-disks/README.md has the order.
import { z } from 'zod'
import { lvOf, vgRef } from '../guest-disk.ts'
import { count, list, record, type Uuid, uuid, word } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { short } from './request.ts'

const of = { vg: vgRef, disk: uuid, guest: uuid }

/**
 * T: the LV is active, and the guest's device lies over it, for the domain that is built and does not run yet. Refused where its PVs lie on
 * other LUNs than these, or T may not write them. part-disk takes it back.
 */
export const joinDisk = short({
  since: 11,
  body: record({
    kind: z.literal('join-disk'),
    ...of,
    generation: count,
    /** WWIDs of all that its VG lies on, as S has them. */
    luns: list(word(256), 64),
  }),
  answer: record({ kind: z.literal('disk-joined'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofDisk,
  limit: 120_000,
})

/**
 * S, while the guest stands still: what it has on its way to the disk is there, and nothing more goes. Refused while its domain runs. Should S
 * take its guest back by itself, the agent lifts it. unfence-disk takes it back.
 */
export const fenceDisk = short({
  since: 11,
  body: record({ kind: z.literal('fence-disk'), ...of }),
  answer: record({ kind: z.literal('disk-fenced'), was: z.enum(['fenced', 'not fenced', 'not open']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofDisk,
  limit: 60_000,
})

/** S: the guest goes by its disk again. */
export const unfenceDisk = short({
  since: 11,
  body: record({ kind: z.literal('unfence-disk'), ...of }),
  answer: record({ kind: z.literal('disk-unfenced'), was: z.enum(['fenced', 'not fenced']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofDisk,
  limit: 60_000,
})

/** The host that does not have the guest: its device goes, with all that was held back in it, and the LV is not active there any more. */
export const partDisk = short({
  since: 11,
  body: record({ kind: z.literal('part-disk'), ...of }),
  answer: record({ kind: z.literal('disk-parted'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofDisk,
  limit: 120_000,
})

function ofDisk({ vg, disk }: { readonly vg: { readonly name: string }; readonly disk: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'lv', vg: vg.name, name: lvOf(disk) })
}

/** Each under its own kind. */
export const sharedDisksRequests = {
  'join-disk': joinDisk,
  'fence-disk': fenceDisk,
  'unfence-disk': unfenceDisk,
  'part-disk': partDisk,
} as const
