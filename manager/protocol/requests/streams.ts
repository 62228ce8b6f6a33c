// The requests of a live migration's memory stream, in the order in which a recipe asks them: T is the target, S the source. Each is safe
// twice and late; what each state of the two ends may do alone is the table of images/agent/streams/README.md.
import { z } from 'zod'
import { bytes, count, list, mac, record, sha256, type Uuid, uuid, word } from '../values.ts'
import { guestConfig, guestName, restartPolicy } from './guest-config.ts'
import { type Hold, holding } from './holds.ts'
import { long, short } from './request.ts'

/** Of one try: a stream that has ended is not begun again under the same. */
export const migrationId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'is no id of a migration')

const ipv4 = z.ipv4()
const port = count.min(1).max(65_535)
/** Kilobytes a second. */
const rate = count.min(1)
/** Milliseconds. */
const time = count.max(86_400_000)

/**
 * How far one end is. `waiting`: nothing has come yet. `streaming`: memory goes over, the guest runs on S. `suspended`: it stands still, the
 * rest goes over. `held`: it is built and paused on T, whose word is kept back. `handing`: the word was passed on, and S has given the guest
 * up: only T, or who knows what became of T, decides now. `gone`: it goes on at T. `dropped`: it never will, by this stream.
 */
export const streamPhase = z.enum(['waiting', 'streaming', 'suspended', 'held', 'handing', 'gone', 'dropped'])

/** Stable, for people and recipes: why a stream was given up. */
export const streamCause = z.enum([
  /** Somebody asked for it. */
  'aborted',
  /** The pause would have been, or became, longer than it may be. */
  'would-pause',
  /** The other end, or the way there, is gone. */
  'link-lost',
  /** Nobody decided in time. */
  'hold-expired',
  /** Nobody came in time. */
  'no-one-came',
  /** Who answered is not the other end of this migration. */
  'wrong-peer',
  /** xl on this host ended before it was done. */
  'xl-failed',
  /** The guest did not suspend. */
  'not-suspended',
  /** The other end gave it up. */
  'peer-dropped',
  /** The process of the stream died. */
  'relay-died',
])

/** A domain of this guest on a host: `X`, `X--incoming` or `X--migratedaway`. */
const domain = record({
  domid: count,
  name: word(128),
  state: z.enum(['running', 'paused', 'suspended', 'shutdown', 'crashed', 'dying', 'unknown']),
})

/** T: somebody waits for the stream of this guest, with a key of its own, for nobody yet. Refused while T has this guest already. */
export const openReceive = short({
  since: 7,
  body: record({
    kind: z.literal('open-receive'),
    migration: migrationId,
    /** As T would start it: its own VGs, bridges, generations. What T keeps of it once it is there. */
    guest: guestConfig,
    restart: restartPolicy,
    /** Of T, that S comes to. */
    address: ipv4,
    /** How long a word that is held waits for go-receive; then it is dropped. Longer than S's. */
    holdMs: time.min(1000),
  }),
  answer: record({ kind: z.literal('receive-opened'), port, pin: sha256 }),
  changes: 'host',
  pace: 'quick',
  holds: ({ guest }) => ofGuest({ guest: guest.uuid }),
  limit: 180_000,
})

/** S: a key for this migration. */
export const prepareSend = short({
  since: 7,
  body: record({ kind: z.literal('prepare-send'), migration: migrationId, guest: uuid }),
  answer: record({ kind: z.literal('send-prepared'), pin: sha256 }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

/** T: who may come, by certificate and address. Before this everybody is turned away. */
export const acceptSend = short({
  since: 7,
  body: record({ kind: z.literal('accept-send'), migration: migrationId, guest: uuid, pin: sha256, address: ipv4 }),
  answer: record({ kind: z.literal('send-accepted') }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 60_000,
})

/**
 * S: the stream, until T's word is held, or it is given up. `held`: the guest stands still on S and is whole, paused, on T; S takes it back
 * by itself after `holdMs`, or when the pause is longer than `maxPauseMs`. `given-up`: it goes on at S as if nothing had been. `undefined`:
 * look-stream on both hosts. A cancel gives it up. Its progress has the phase of the stream, in bytes.
 */
export const sendGuest = long({
  since: 7,
  body: record({
    kind: z.literal('send-guest'),
    migration: migrationId,
    guest: uuid,
    name: guestName,
    /** Of T, and its pin; and of S, where it has several. */
    to: record({ address: ipv4, port, pin: sha256, from: ipv4.exactOptional() }),
    holdMs: time.min(500),
    /** Left out: it may stand still as long as it takes. */
    maxPauseMs: time.min(1).exactOptional(),
    /** Left out: as fast as it goes. */
    rateKBps: rate.exactOptional(),
  }),
  answer: record({
    kind: z.literal('guest-sent'),
    outcome: z.discriminatedUnion('kind', [
      record({ kind: z.literal('held') }),
      record({
        kind: z.literal('given-up'),
        cause: streamCause,
        reason: word(512),
        /** Of `would-pause`: about how long it would have stood still. */
        pauseMs: count.exactOptional(),
      }),
      record({ kind: z.literal('undefined'), reason: word(512) }),
    ]),
    bytes,
    milliseconds: count,
    /** How long the guest has stood still until this answer. */
    pausedMs: count,
  }),
  changes: 'host',
  pace: 'long',
  yields: 'to urgent',
  holds: ofGuest,
  limit: 86_400_000,
})

/** S: so many kilobytes a second from now on; left out: as fast as it goes. */
export const paceSend = short({
  since: 7,
  body: record({ kind: z.literal('pace-send'), migration: migrationId, rateKBps: rate.exactOptional() }),
  answer: record({ kind: z.literal('send-paced') }),
  changes: 'host',
  pace: 'quick',
  holds: () => holding('read', { kind: 'host' }),
  limit: 20_000,
})

/**
 * T: the point of no return. The word is passed on, S gives the guest up, T lets it go on, under its name, with its console's log and its
 * restart policy, and announces its MACs. `dropped`: it never will, and nothing of it is left here: it is S's. A refusal: neither is known.
 */
export const goReceive = short({
  since: 7,
  body: record({ kind: z.literal('go-receive'), migration: migrationId, guest: uuid }),
  answer: record({
    kind: z.literal('receive-went'),
    outcome: z.discriminatedUnion('kind', [
      record({
        kind: z.literal('running'),
        domid: count,
        /** From when the word was held until it had gone on; left out: nobody has seen that. */ heldMs: time.exactOptional(),
        /** Why nobody was told where its MACs are. */ unannounced: word(512).exactOptional(),
      }),
      record({ kind: z.literal('dropped'), cause: streamCause, reason: word(512) }),
    ]),
  }),
  changes: 'host',
  pace: 'quick',
  holds: ofGuest,
  limit: 120_000,
})

/**
 * T: nothing of this stream is left. `not moved`: the paused domain and all that T kept of the guest go. `moved`: the guest stays. Refused
 * where the guest's domain says the contrary. Asked before end-send.
 */
export const endReceive = short({
  since: 7,
  body: record({ kind: z.literal('end-receive'), migration: migrationId, guest: uuid, become: z.enum(['moved', 'not moved']) }),
  answer: record({ kind: z.literal('receive-ended'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'urgent',
  holds: ofGuest,
  limit: 120_000,
})

/**
 * S: nothing of this stream is left. `not moved`: the guest goes on here; refused while the word is handed on, unless `target` says that T
 * has dropped it (its answer, or that it is fenced). `moved`: its domain and all that S kept of it go. It ends send-guest.
 */
export const endSend = short({
  since: 7,
  body: record({
    kind: z.literal('end-send'),
    migration: migrationId,
    guest: uuid,
    name: guestName,
    become: z.enum(['moved', 'not moved']),
    target: z.literal('dropped').exactOptional(),
  }),
  answer: record({ kind: z.literal('send-ended'), was: z.enum(['there', 'not there']) }),
  changes: 'host',
  pace: 'urgent',
  holds: ofGuest,
  limit: 120_000,
})

/** S or T: what there is, for who has to settle what nobody saw the end of. Refused where it cannot be read. */
export const lookStream = short({
  since: 7,
  body: record({ kind: z.literal('look-stream'), migration: migrationId, guest: uuid }),
  answer: record({
    kind: z.literal('stream-seen'),
    /** `none`: this host knows nothing of it. `dead`: its process has ended, and this is what it said last. */
    relay: z.enum(['lives', 'dead', 'none']),
    end: z.enum(['source', 'target']).exactOptional(),
    phase: streamPhase.exactOptional(),
    cause: streamCause.exactOptional(),
    bytes: bytes.exactOptional(),
    domains: list(domain, 16),
  }),
  changes: 'nothing',
  pace: 'quick',
  holds: () => [],
  limit: 60_000,
})

/** S: the most of one CPU that the guest gets, in percent; 0: no limit. `was` is for who puts it back. */
export const capGuest = short({
  since: 7,
  body: record({ kind: z.literal('cap-guest'), uuid, percent: count.max(51_200) }),
  answer: record({ kind: z.literal('guest-capped'), was: count }),
  changes: 'host',
  pace: 'quick',
  holds: () => holding('read', { kind: 'host' }),
  limit: 60_000,
})

/** T: the switches are told that these MACs are behind this host now. go-receive has done it; once more does no harm. */
export const announceGuest = short({
  since: 7,
  body: record({ kind: z.literal('announce-guest'), uuid }),
  answer: record({ kind: z.literal('guest-announced'), macs: list(mac, 64) }),
  changes: 'host',
  pace: 'quick',
  holds: () => holding('read', { kind: 'host' }),
  limit: 30_000,
})

export type StreamPhase = z.output<typeof streamPhase>
export type StreamCause = z.output<typeof streamCause>

function ofGuest({ guest }: { readonly guest: Uuid }): readonly Hold[] {
  return holding('write', { kind: 'guest', uuid: guest })
}

/** Each under its own kind. */
export const streamsRequests = {
  'open-receive': openReceive,
  'prepare-send': prepareSend,
  'accept-send': acceptSend,
  'send-guest': sendGuest,
  'pace-send': paceSend,
  'go-receive': goReceive,
  'end-receive': endReceive,
  'end-send': endSend,
  'look-stream': lookStream,
  'cap-guest': capGuest,
  'announce-guest': announceGuest,
} as const
