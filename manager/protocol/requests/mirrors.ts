// The requests of a temporary mirror of one guest disk, by DRBD 8.4: S is the host that has the disk, T the one that gets a copy. Each looks
// first, and is safe twice and late. images/agent/mirrors/README.md has them in a table, with what takes each back.
import { z } from 'zod'
import { lvOf, vgName, vgRef } from '../guest-disk.ts'
import { bytes, count, list, record, type Uuid, uuid, word } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { long, short } from './request.ts'

const ipv4 = z.ipv4()
const port = count.min(1).max(65_535)
const minor = count.max((1 << 20) - 1)
const of = { vg: vgRef, disk: uuid }
/** Of base64url's alphabet; DRBD takes at most 63 characters. Never said, logged or kept by an agent. */
const mirrorSecret = z.string().regex(/^[\w-]{32,63}$/, 'is no secret of a mirror')
/** Of both hosts, and how they know each other. */
/** As DRBD writes one, without its lowest bit, by which a primary marks its own. */
export const drbdGeneration = z.string().regex(/^[0-9A-F]{16}$/, 'is no generation of DRBD')

export const mirrorEnds = {
  own: ipv4,
  peer: ipv4,
  port,
  /** Both have the same. Recipes give its label: no journal has the secret, which the manager puts in its place as it sends the request. */
  secret: z.union([mirrorSecret, record({ of: word(64) })]),
  /** Kilobytes a second; left out: as fast as it goes. */
  rateKBps: count.min(1).exactOptional(),
}

/** T: the LV of a copy is there, `making`: nothing starts on it. What it has beyond `sizeBytes` reads as zero. remove-copy takes it back. */
export const makeCopy = long({
  since: 8,
  body: record({
    kind: z.literal('make-copy'),
    ...of,
    thinPool: vgName.exactOptional(),
    guest: uuid,
    /** Of the copy, the one after that of the disk. */
    generation: count,
    epoch: count,
    /** All of the disk, as S has it. */
    sizeBytes: bytes.min(512),
    /** Since version 11. `kept`: what the guest has left behind here becomes the copy, as a seed is to follow, which compares. */
    left: z.literal('kept').exactOptional(),
  }),
  answer: record({ kind: z.literal('copy-made'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofDisk,
  limit: 3600_000,
})

/** T: what make-copy has made is not there any more. What counts, or is another copy, is left alone: it is not this one. */
export const removeCopy = long({
  since: 8,
  body: record({ kind: z.literal('remove-copy'), ...of, generation: count }),
  answer: record({ kind: z.literal('copy-removed'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'long',
  yields: 'never',
  holds: ofDisk,
  limit: 3600_000,
})

/**
 * S or T: a DRBD device lies over the LV, alone: `primary` takes the LV as it is, `secondary` knows nothing of what it holds. The guest
 * still goes by its own device. drop-mirror takes it back.
 */
export const openMirror = short({
  since: 8,
  body: record({ kind: z.literal('open-mirror'), ...of, minor, sizeBytes: bytes.min(512), role: z.enum(['primary', 'secondary']) }),
  answer: record({ kind: z.literal('mirror-opened'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 120_000,
})

/** S: the guest's device leads to the mirror from now on, under the running guest. To be asked before connect-mirror. */
export const swapDisk = short({
  since: 8,
  body: record({ kind: z.literal('swap-disk'), ...of, minor }),
  answer: record({ kind: z.literal('disk-swapped'), was: z.enum(['on the mirror', 'on the volume']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 60_000,
})

/** Both: they look for each other. What S has goes to T as soon as they have met. */
export const connectMirror = short({
  since: 8,
  body: record({
    kind: z.literal('connect-mirror'),
    ...of,
    minor,
    ...mirrorEnds,
    /** Since version 11. `soon`: what is connected next meets at once, and is asked for again without it when it has. */
    meet: z.literal('soon').exactOptional(),
  }),
  answer: record({ kind: z.literal('mirror-connected'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 60_000,
})

/** S: T has all of it, and from now on every write before it is acknowledged (protocol C). Refused where it makes no progress any more. */
export const syncMirror = long({
  since: 8,
  body: record({ kind: z.literal('sync-mirror'), ...of, minor, ...mirrorEnds }),
  answer: record({
    kind: z.literal('mirror-synced'),
    bytes,
    milliseconds: count,
    /** How often the two met meanwhile: after more than one, verify-mirror is to be asked. */
    handshakes: count,
    /** Since version 11: of those bytes, how many DRBD has sent; left out: that is not known. */
    sent: bytes.exactOptional(),
    /** Since version 11: of both, now that they are the same; left out: that is not known. */
    generation: drbdGeneration.exactOptional(),
  }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofMirror,
  limit: 7 * 86_400_000,
})

/** S: so many kilobytes a second from now on; left out: as fast as it goes. */
export const paceMirror = short({
  since: 8,
  body: record({ kind: z.literal('pace-mirror'), ...of, minor, rateKBps: count.min(1).exactOptional() }),
  answer: record({ kind: z.literal('mirror-paced') }),
  changes: 'host',
  pace: 'quick',
  holds: () => holding('read', { kind: 'host' }),
  limit: 20_000,
})

/** S: all of both copies was compared while the guest writes, the two were together all the time, and it is the same. */
export const verifyMirror = long({
  since: 8,
  body: record({ kind: z.literal('verify-mirror'), ...of, minor, ...mirrorEnds }),
  /** `generation`: as sync-mirror's. */
  answer: record({ kind: z.literal('mirror-verified'), bytes, generation: drbdGeneration.exactOptional() }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofMirror,
  limit: 7 * 86_400_000,
})

/** T: the guest's device is there, over the copy itself, for the domain that is built. Nobody writes to it yet. */
export const exposeCopy = short({
  since: 8,
  body: record({ kind: z.literal('expose-copy'), ...of, guest: uuid, sizeBytes: bytes.min(512) }),
  answer: record({ kind: z.literal('copy-exposed'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofDisk,
  limit: 60_000,
})

/**
 * T, while the guest stands still: the copy has all that S ever acknowledged, and is T's alone from now on. Refused, with the mirror as it
 * is, where anything speaks against it.
 */
export const settleMirror = short({
  since: 8,
  body: record({ kind: z.literal('settle-mirror'), ...of, minor, generation: count }),
  answer: record({
    kind: z.literal('mirror-settled'),
    was: z.enum(['settled', 'not settled']),
    /** Since version 11: of the copy. Another one than both had when they were the same: they have parted since, and met again. */
    mirrored: drbdGeneration.exactOptional(),
  }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 60_000,
})

/** T, once it has the guest: the copy is the disk. */
export const keepCopy = short({
  since: 8,
  body: record({ kind: z.literal('keep-copy'), ...of, guest: uuid, generation: count, epoch: count }),
  answer: record({ kind: z.literal('copy-kept'), was: z.enum(['kept', 'not kept']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofDisk,
  limit: 60_000,
})

/** S or T: nothing of the mirror is left; the guest's device, if there is one, leads to the volume again. Refused where S's own disk has failed. */
export const dropMirror = short({
  since: 8,
  body: record({ kind: z.literal('drop-mirror'), ...of, minor }),
  answer: record({ kind: z.literal('mirror-dropped'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 120_000,
})

/**
 * S, once T has the guest: the disk is what the guest has left behind, to be removed at this time. Its device and its mirror are gone. Where
 * it has snapshots it stays for good, with them.
 */
export const leaveDisk = short({
  since: 8,
  body: record({ kind: z.literal('leave-disk'), ...of, minor, generation: count, untilMs: count }),
  answer: record({
    kind: z.literal('disk-left'),
    was: z.enum(['left', 'not left']),
    /** `data/before`: what keeps it; left out: nothing does. */
    snapshots: list(word(256), 64).exactOptional(),
  }),
  changes: 'host',
  pace: 'quick',
  holds: ofMirror,
  limit: 120_000,
})

function ofDisk({ vg, disk }: { readonly vg: { readonly name: string }; readonly disk: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'lv', vg: vg.name, name: lvOf(disk) })
}

function ofMirror({ minor: number, ...body }: Parameters<typeof ofDisk>[0] & { readonly minor: number }): readonly Hold[] {
  return [...ofDisk(body), ...holding('write', { kind: 'minor', number }).filter(({ access }) => access === 'write')]
}

/** Each under its own kind. */
export const mirrorsRequests = {
  'make-copy': makeCopy,
  'remove-copy': removeCopy,
  'open-mirror': openMirror,
  'swap-disk': swapDisk,
  'connect-mirror': connectMirror,
  'sync-mirror': syncMirror,
  'pace-mirror': paceMirror,
  'verify-mirror': verifyMirror,
  'expose-copy': exposeCopy,
  'settle-mirror': settleMirror,
  'keep-copy': keepCopy,
  'drop-mirror': dropMirror,
  'leave-disk': leaveDisk,
} as const
