// The messages between manager and agent, both ways: JSON, one message a WebSocket frame. Append-only: what a version adds is only
// sent to a peer whose hello or welcome names that version; members that a receiver does not know are dropped unread.
import { z } from 'zod'
import { consoleClose, consoleEnded, consoleOpen, consoleSaid, consoleType } from './consoles.ts'
import { kernelEvent } from './events.ts'
import { inventory, problems, sections } from './inventory.ts'
import { progress } from './requests/request.ts'
import { answerBody, requestBody } from './requests.ts'
import { sample } from './sample.ts'
import { count, list, mac, record, sha256, uuid, word } from './values.ts'

/**
 * The newest version of this protocol that is written down here. 2: requests other than collect. 3: scan-file-system. 4: jobs, which
 * are accepted, tell their progress and can be cancelled; and requests that are queued by what they hold of the host. 5: VGs, disks of
 * guests, and guests. 6: what is changed of a guest that runs, and consoles of guests. 7: live migration. 8: mirrors of
 * disks. 9: what VGs remember of guests. 10: addresses of guests, and NICs that are held to their MAC. 11: copies
 * of disks that are seeded before they are mirrored, guests that boot by a kernel of the image store, and disks that stay where they are
 * while their guest moves.
 */
export const PROTOCOL_VERSION = 11

/** UTF-8 bytes of one message. An inventory with 4,000 paths to LUNs and as many LVs has about 6 MB. */
export const MAX_MESSAGE_BYTES = 8 << 20
/** Braces and brackets within each other; the deepest message here has eight. */
export const MAX_DEPTH = 16

const version = z.int().min(1).max(65535)
/** One start of one agent: revisions are counted within it. */
const run = uuid
const revision = count
/** Of a manager: the greatest that an agent has heard is the only one that it obeys. */
const epoch = count
const requestId = word(256)

/** An agent's first message. Who it is says its certificate, never this. */
const hello = record({
  kind: z.literal('hello'),
  versions: record({ oldest: version, newest: version }),
  agent: word(64),
  run,
  revision,
  /** The greatest that it has heard in this run. */
  epoch: epoch.exactOptional(),
  /** SHA-256 of bundles that it was upgraded to and that did not live on this host. */
  dropped: list(sha256, 16).exactOptional(),
})

/** An agent without a certificate asks for one, with the one-time token of its boot. */
const enrol = record({
  kind: z.literal('enrol'),
  /** The boot attempt's id: 16 characters of base32. */
  attempt: z.string().regex(/^[a-z2-7]{16}$/, 'is no attempt id'),
  /** 256 bits, base64url. */
  token: z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'is no token'),
  /** PKCS #10 (RFC 2986), DER in base64. */
  certificateRequest: z.base64().max(8192),
  systemUuid: uuid.exactOptional(),
  /** SMBIOS type 1, without what firmware writes where there is none. */
  serial: word(128).exactOptional(),
  product: word(128).exactOptional(),
  macs: list(mac, 256),
})

/** All sections, as of this revision. */
const full = record({ kind: z.literal('inventory'), run, revision, inventory })

/** The sections that are other than in revision `base`, each as a whole, and all problems there are now. */
const delta = record({
  kind: z.literal('delta'),
  run,
  base: revision,
  revision,
  sections: z.object(sections).partial().readonly(),
  problems,
})

const sampled = record({ kind: z.literal('sample'), sample })
/** `at`: the host's clock, milliseconds since the epoch. */
const event = record({ kind: z.literal('event'), at: count, event: kernelEvent })
const answer = record({ kind: z.literal('answer'), id: requestId, answer: answerBody })

/** Version 4. Of a long request, once over each connection that it is asked over: it is under way or waits, and will be answered. */
const accepted = record({ kind: z.literal('accepted'), id: requestId })
/** Version 4. At most two a second for a job. */
const progressed = record({ kind: z.literal('progress'), id: requestId, progress })

/** Either side asks whether the other is there, and gets the number back. */
const ping = record({ kind: z.literal('ping'), number: count })
const pong = record({ kind: z.literal('pong'), number: count })

export const agentMessage = z.discriminatedUnion('kind', [
  hello,
  enrol,
  full,
  delta,
  sampled,
  event,
  answer,
  accepted,
  progressed,
  consoleSaid,
  consoleEnded,
  ping,
  pong,
])

/** To hello. With `have`, the manager holds that revision of this run and wants only what came after. */
const welcome = record({ kind: z.literal('welcome'), version, epoch, have: revision.exactOptional() })

/** To enrol: the host's certificate and those above it, DER in base64. */
const enrolled = record({ kind: z.literal('enrolled'), certificates: list(z.base64().max(8192), 8) })

/** To hello or enrol, before the connection is closed. `retry`: the same may be accepted later. */
const rejected = record({ kind: z.literal('rejected'), reason: word(512), retry: z.boolean() })

/** A delta's base is not what the manager has: the agent sends everything. */
const resend = record({ kind: z.literal('resend') })

/** `id`: automation and step. The same id again is answered from memory, not done again. */
const request = record({ kind: z.literal('request'), id: requestId, epoch, request: requestBody })

/**
 * Version 4. This shall not be done, or no further. Answered within 5 s, as a request is: `cancelled`, or what it had come to; `unknown`,
 * where it does not let go so soon.
 */
const cancel = record({ kind: z.literal('cancel'), id: requestId, epoch })

export const managerMessage = z.discriminatedUnion('kind', [
  welcome,
  enrolled,
  rejected,
  resend,
  request,
  cancel,
  consoleOpen,
  consoleType,
  consoleClose,
  ping,
  pong,
])

export type AgentMessage = z.output<typeof agentMessage>
export type ManagerMessage = z.output<typeof managerMessage>
export type Delta = z.output<typeof delta>
export type Request = z.output<typeof request>
