// The requests of a seed: the copy of a disk goes over our own stream before its mirror is joined, so that DRBD has only to send what was
// written meanwhile. S is the host that has the disk, T the one that gets a copy. Each looks first, and is safe twice and late.
// images/agent/seeds/README.md has them in a table.
import { z } from 'zod'
import { lvOf, vgRef } from '../guest-disk.ts'
import { bytes, count, record, sha256, type Uuid, uuid } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { drbdGeneration, mirrorEnds } from './mirrors.ts'
import { long, short } from './request.ts'

/** Of one try: another one has another. */
export const seedId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'is no id of a seed')

const ipv4 = z.ipv4()
const port = count.min(1).max(65_535)
const minor = count.max((1 << 20) - 1)
const of = { vg: vgRef, disk: uuid }
/** Kilobytes a second; left out: as fast as it goes. */
const rateKBps = count.min(1).exactOptional()
/** What a copy was the same as. */
const generation = drbdGeneration

/** Both: a key of this seed, in RAM. drop-mirror takes it back. */
export const prepareSeed = short({
  since: 11,
  body: record({ kind: z.literal('prepare-seed'), seed: seedId, disk: uuid }),
  answer: record({ kind: z.literal('seed-prepared'), pin: sha256 }),
  changes: 'host',
  pace: 'quick',
  holds: () => holding('read', { kind: 'host' }),
  limit: 60_000,
})

/**
 * S, alone: from now on its bitmap has what is written, and nothing else. A copy that is made from now on, with what the bitmap then has, is
 * the disk. Another one begins anew, and a copy of before does not count any more: DRBD knows by its generation.
 */
export const beginBitmap = short({
  since: 11,
  body: record({ kind: z.literal('begin-bitmap'), ...of, minor }),
  answer: record({ kind: z.literal('bitmap-begun'), generation }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 60_000,
})

/** S: what the copy is of is an older generation from now on, and the bitmap is how it differs from this one. Before T takes that generation. */
export const closeBitmap = short({
  since: 11,
  body: record({ kind: z.literal('close-bitmap'), ...of, minor, generation }),
  answer: record({ kind: z.literal('bitmap-closed'), was: z.enum(['closed', 'not closed']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 60_000,
})

/** T, alone: the copy is what S had at that generation. drop-mirror takes it back. */
export const takeGeneration = short({
  since: 11,
  body: record({ kind: z.literal('take-generation'), ...of, minor, sizeBytes: bytes.min(512), generation }),
  answer: record({ kind: z.literal('generation-taken'), was: z.enum(['taken', 'not taken']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 120_000,
})

/** T: has what S has, block by block, on its disk; what it had already was not sent. */
export const receiveSeed = long({
  since: 11,
  body: record({
    kind: z.literal('receive-seed'),
    seed: seedId,
    ...of,
    minor,
    sizeBytes: bytes.min(512),
    /** Of T, that S comes to; of S, and its pin. */
    ...{ address: ipv4, port, from: ipv4, pin: sha256 },
  }),
  answer: record({ kind: z.literal('seed-received') }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofMirror,
  limit: 7 * 86_400_000,
})

/** S: what T has not, compressed. The guest may write meanwhile: begin-bitmap comes before. */
export const sendSeed = long({
  since: 11,
  body: record({
    kind: z.literal('send-seed'),
    seed: seedId,
    ...of,
    minor,
    sizeBytes: bytes.min(512),
    /** Of T, and its pin; and of S. */
    to: record({ address: ipv4, port, pin: sha256, from: ipv4 }),
    rateKBps,
  }),
  answer: record({
    kind: z.literal('seed-sent'),
    /** Over the network, both ways. */
    bytes,
    milliseconds: count,
  }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofMirror,
  limit: 7 * 86_400_000,
})

/** S: so many kilobytes a second from now on; left out: as fast as it goes. */
export const paceSeed = short({
  since: 11,
  body: record({ kind: z.literal('pace-seed'), seed: seedId, disk: uuid, rateKBps }),
  answer: record({ kind: z.literal('seed-paced') }),
  changes: 'host',
  pace: 'quick',
  holds: () => holding('read', { kind: 'host' }),
  limit: 20_000,
})

/**
 * S: as connect-mirror, while the guest's writes to this disk are held: DRBD 8.4 may lose one that comes while two bitmaps are exchanged.
 * `not held`: the exchange was not seen to end in time, and verify-mirror is to be asked. A program holds them, which lets go by its own
 * clock, whatever becomes of its agent.
 */
export const joinMirror = long({
  since: 11,
  body: record({ kind: z.literal('join-mirror'), ...of, minor, ...mirrorEnds }),
  answer: record({ kind: z.literal('mirror-joined'), writes: z.enum(['held', 'not held']), heldMs: count }),
  changes: 'host',
  pace: 'long',
  yields: 'never',
  holds: ofMirror,
  limit: 60_000,
})

function ofMirror({ vg, disk, minor: number }: { readonly vg: { readonly name: string }; readonly disk: Uuid; readonly minor: number }) {
  const lv: readonly Hold[] = holding('write', { kind: 'lv', vg: vg.name, name: lvOf(disk) })
  return [...lv, ...holding('write', { kind: 'minor', number }).filter(({ access }) => access === 'write')]
}

/** Each under its own kind. */
export const seedsRequests = {
  'prepare-seed': prepareSeed,
  'begin-bitmap': beginBitmap,
  'receive-seed': receiveSeed,
  'send-seed': sendSeed,
  'pace-seed': paceSeed,
  'close-bitmap': closeBitmap,
  'take-generation': takeGeneration,
  'join-mirror': joinMirror,
} as const
