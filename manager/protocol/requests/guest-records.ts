// The requests keep-guest, forget-guest and read-guests: what a VG remembers of its guests, for the day on which the manager's database is
// lost. What cannot be read is told, and never taken for a VG without records.
import { z } from 'zod'
import { vgRef } from '../guest-disk.ts'
import { guestRecord, RECORDS_LV } from '../guest-record.ts'
import { count, list, record, uuid, word } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { short } from './request.ts'

/**
 * This is what the VG remembers of the guest, twice, on the disk. Where the VG has no room for records yet, it is made. Refused where all
 * places are taken, and where what is there cannot be read.
 */
export const keepGuest = short({
  since: 9,
  body: record({ kind: z.literal('keep-guest'), vg: vgRef, record: guestRecord }),
  answer: record({ kind: z.literal('guest-kept'), was: z.enum(['the same', 'another', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofRecords,
  limit: 180_000,
})

/** The VG remembers nothing of the guest. */
export const forgetGuest = short({
  since: 9,
  body: record({ kind: z.literal('forget-guest'), vg: vgRef, guest: uuid }),
  answer: record({ kind: z.literal('guest-forgotten'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofRecords,
  limit: 120_000,
})

/** All that it remembers. Refused where that cannot be read. */
export const readGuests = short({
  since: 9,
  body: record({ kind: z.literal('read-guests'), vg: vgRef }),
  answer: record({
    kind: z.literal('guests-read'),
    records: list(guestRecord, 256),
    /** Places that hold something, of which no copy is whole: each in words. A guest of theirs is not known. */
    damaged: list(word(256), 256),
    /** Guests that there is still room for. Left out: it has no room for records yet. */
    free: count.exactOptional(),
  }),
  changes: 'nothing',
  pace: 'quick',
  // Its LV is active only meanwhile.
  holds: ofRecords,
  limit: 120_000,
})

function ofRecords({ vg }: { readonly vg: { readonly name: string } }): readonly Hold[] {
  return holding('write', { kind: 'lv', vg: vg.name, name: RECORDS_LV })
}

/** Each under its own kind. */
export const guestRecordsRequests = {
  'keep-guest': keepGuest,
  'forget-guest': forgetGuest,
  'read-guests': readGuests,
} as const
