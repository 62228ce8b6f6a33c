// What a relay is told to do, what it may be asked, and what it says of how far it is. JSON: the plan and the last status in files, the rest
// a line each over a socket in the stream's folder. Pure.
import { z } from 'zod'
import { migrationId, streamCause, streamPhase } from '../../../manager/protocol/requests/streams.ts'
import { bytes, count, record, sha256, uuid, word } from '../../../manager/protocol/values.ts'
import { readWritten } from '../files/written-json.ts'

const common = { migration: migrationId, guest: uuid, holdMs: count }

export const plan = z.discriminatedUnion('end', [
  record({
    end: z.literal('source'),
    ...common,
    to: record({ address: z.ipv4(), port: count, pin: sha256, from: z.ipv4().exactOptional() }),
    maxPauseMs: count.exactOptional(),
    rateKBps: count.exactOptional(),
  }),
  record({ end: z.literal('target'), ...common, address: z.ipv4() }),
])

export const asked = z.discriminatedUnion('ask', [
  /** Answered when the phase is another one, or after so long. */
  record({ ask: z.literal('look'), unless: streamPhase.exactOptional(), forMs: count.max(60_000).exactOptional() }),
  record({ ask: z.literal('accept'), pin: sha256, address: z.ipv4() }),
  record({ ask: z.literal('go') }),
  record({ ask: z.literal('abort') }),
  record({ ask: z.literal('pace'), rateKBps: count.exactOptional() }),
  record({ ask: z.literal('decide'), become: z.enum(['moved', 'not moved']) }),
])

export const status = record({
  end: z.enum(['source', 'target']),
  guest: uuid,
  phase: streamPhase,
  cause: streamCause.exactOptional(),
  reason: word(512).exactOptional(),
  /** About how long the guest would have stood still. */
  pauseMs: count.exactOptional(),
  /** xl has said that it goes on at the target. */
  started: z.literal(true).exactOptional(),
  bytes,
  bytesPerSecond: count,
  /** Since the stream began; and since the guest stood still. */
  milliseconds: count,
  pausedMs: count,
  /** Of the target: from when its word was held until xl had let the guest go on. */
  heldMs: count.exactOptional(),
  /** Of the target. */
  port: count.exactOptional(),
  /** Its own. */
  pin: sha256.exactOptional(),
  /** Of its process, for a person who looks. */
  pid: count.exactOptional(),
})

export type Plan = z.output<typeof plan>
export type SourcePlan = Extract<Plan, { end: 'source' }>
export type TargetPlan = Extract<Plan, { end: 'target' }>
export type Asked = z.output<typeof asked>
export type Status = z.output<typeof status>

/** Undefined: it is none. */
export function readStatus(text: string | undefined): Status | undefined {
  return readWritten(status, text)
}

export function readPlan(text: string | undefined): Plan | undefined {
  return readWritten(plan, text)
}

export function readAsked(text: string | undefined): Asked | undefined {
  return readWritten(asked, text)
}
