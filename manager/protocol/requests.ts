// What a manager may ask of an agent, and the answers: closed unions of the requests that requests/ has a file each for. Append-only;
// a request is only sent to an agent whose version knows it, and one that changes a host only to one that keeps it safe: see below.
import { z } from 'zod'
import { collect, collectRequests } from './requests/collect.ts'
import { guestDevicesRequests } from './requests/guest-devices.ts'
import { guestDisksRequests } from './requests/guest-disks.ts'
import { guestKernelsRequests } from './requests/guest-kernels.ts'
import { guestLifeRequests } from './requests/guest-life.ts'
import { guestRecordsRequests } from './requests/guest-records.ts'
import type { Hold } from './requests/holds.ts'
import { iscsiRequests } from './requests/iscsi.ts'
import { mirrorsRequests } from './requests/mirrors.ts'
import type { Pace } from './requests/request.ts'
import { scanFileSystemRequests } from './requests/scan-file-system.ts'
import { seedsRequests } from './requests/seeds.ts'
import { setPropertiesRequests } from './requests/set-properties.ts'
import { sharedDisksRequests } from './requests/shared-disks.ts'
import { streamsRequests } from './requests/streams.ts'
import { upgradeRequests } from './requests/upgrade.ts'
import { vgsRequests } from './requests/vgs.ts'
import { record, word } from './values.ts'

/** Each file of requests/ says which it has. */
const REQUESTS = {
  ...collectRequests,
  ...iscsiRequests,
  ...setPropertiesRequests,
  ...upgradeRequests,
  ...scanFileSystemRequests,
  ...vgsRequests,
  ...guestDisksRequests,
  ...guestLifeRequests,
  ...guestDevicesRequests,
  ...streamsRequests,
  ...mirrorsRequests,
  ...guestKernelsRequests,
  ...guestRecordsRequests,
  ...seedsRequests,
  ...sharedDisksRequests,
} as const

export type RequestKind = keyof typeof REQUESTS
export type RequestOf<Kind extends RequestKind> = z.output<(typeof REQUESTS)[Kind]['body']>
export type RequestBody = RequestOf<RequestKind>
/** Beside a refusal. */
export type AnswerOf<Kind extends RequestKind> = z.output<(typeof REQUESTS)[Kind]['answer']>

const others = Object.values(REQUESTS).slice(1)

export const requestBody = z.discriminatedUnion('kind', [collect.body, ...others.map(({ body }) => body)])

/**
 * Not done, and foreseen. `stale-epoch`: this agent has heard a newer manager; `busy`: ask again later. Since version 4 `cancelled`: it
 * was ended before its end, and the host is as it would be had it failed; `unknown`: whether it was done must be looked for on the host.
 */
const refused = record({
  kind: z.literal('refused'),
  cause: z.enum(['stale-epoch', 'busy', 'unable', 'cancelled', 'unknown']),
  reason: word(512),
})

export const answerBody = z.discriminatedUnion('kind', [refused, ...Object.values(REQUESTS).map(({ answer }) => answer)])

export type AnswerBody = z.output<typeof answerBody>
export type Refusal = z.output<typeof refused>

/** What both ends go by, of whatever kind it is. */
export interface Order {
  readonly pace: Pace
  readonly holds: readonly Hold[]
  /** Something urgent that holds the same may end it. */
  readonly yields: 'to urgent' | 'never'
  /** Milliseconds that it may take from its start on. */
  readonly limit: number
}

export function orderOf(body: RequestBody): Order {
  const spec = REQUESTS[body.kind]
  return { pace: spec.pace, holds: heldBy(body.kind, body), yields: spec.pace === 'long' ? spec.yields : 'never', limit: spec.limit }
}

/** The version that queues requests by what they hold, and has jobs. */
export const JOBS_SINCE = 4

/**
 * Why this is not asked of an agent that speaks an older version; undefined: it may be. Agents before version 4 let two requests of
 * different kinds change one thing at the same time, and kill what takes a minute: they are only asked for what changes nothing, and for
 * the upgrade that ends this.
 */
export function withheldFrom(kind: RequestKind, version: number): string | undefined {
  const { since, changes } = REQUESTS[kind]
  const spoken = `its agent speaks version ${version} of the protocol, and ${kind}`
  if (version < since) return `${spoken} came with version ${since}: upgrade the agent`
  return version < JOBS_SINCE && changes === 'host'
    ? `${spoken} changes the host, which is only asked of agents of version ${JOBS_SINCE} and later: upgrade the agent`
    : undefined
}

/** The version that holds NICs to their MAC. An older agent would drop that word unread, and let the guest send what it likes. */
export const FILTER_SINCE = 10

/** The version that boots guests by kernels of the image store. */
export const KERNEL_SINCE = 11

/** Why what is asked is more than an agent of an older version would do of it; undefined: it does all of it. */
export function beyond(body: RequestBody, version: number): string | undefined {
  const guest = body.kind === 'start-guest' || body.kind === 'open-receive' ? body.guest : undefined
  if (guest?.boot.kind === 'kernel' && version < KERNEL_SINCE)
    return `its agent speaks version ${version} of the protocol, and guests boot by a kernel of the image store since version ${KERNEL_SINCE}: upgrade the agent`
  const nics = body.kind === 'attach-nic' ? [body.nic] : (guest?.nics ?? [])
  if (version >= FILTER_SINCE || nics.every(({ filter }) => filter === undefined)) return undefined
  return `its agent speaks version ${version} of the protocol, and NICs are held to their MAC since version ${FILTER_SINCE}: upgrade the agent`
}

/** An answer as an agent may give it to a manager of this version. */
export function answerFor(version: number, answer: AnswerBody): AnswerBody {
  const isNew = answer.kind === 'refused' && (answer.cause === 'cancelled' || answer.cause === 'unknown')
  return isNew && version < JOBS_SINCE ? { ...answer, cause: 'unable' } : answer
}

type HoldsOf = { readonly [Kind in RequestKind]: { readonly holds: (body: RequestOf<Kind>) => readonly Hold[] } }

const HOLDS: HoldsOf = REQUESTS

function heldBy<Kind extends RequestKind>(kind: Kind, body: RequestOf<Kind>): readonly Hold[] {
  return HOLDS[kind].holds(body)
}
