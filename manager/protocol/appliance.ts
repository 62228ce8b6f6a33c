// The messages between appliance and manager: JSON over the manager's TLS, with the site's secret in the header Authorization;
// and where an agent finds the manager, which the appliance tells it. Append-only as messages.ts is.
import { z } from 'zod'
import { ONCE_KINDS, onceFollowed, onceOrder } from './once.ts'
import { count, list, mac, record, text, uuid, word } from './values.ts'

/** 16 characters of base32. */
export const attemptId = z.string().regex(/^[a-z2-7]{16}$/, 'is no attempt id')

/** Who tells. The id is made once and stays with the appliance's data. */
const applianceSelf = record({
  id: z.string().regex(/^[a-z2-7]{16}$/, 'is no id of an appliance'),
  version: word(64),
  /** That it serves at. */
  address: z.ipv4(),
  /** What hosts can boot once from it, besides their disk and a shell (`memtest`). Missing: it knows of no such orders, being older. */
  tools: list(word(16), 16).exactOptional(),
})

/** A boot attempt whose token is now on a host's command line. */
const attemptRecord = record({
  id: attemptId,
  mac,
  /** What the firmware told by DHCP option 97, where it did. */
  uuid: uuid.exactOptional(),
  /** The leased address: the token is good from nowhere else. */
  address: z.ipv4(),
  /** SHA-256 of the token's text, hexadecimal. */
  tokenHash: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256'),
  /** Milliseconds since the epoch. */
  expires: count,
})

/**
 * `POST /appliance/attempts`: answered with 204 when all are on disk. The same again changes nothing. `followed`: orders that no host
 * is to follow again. With neither it says who tells, and nothing else.
 */
export const attemptsPush = record({
  appliance: applianceSelf.exactOptional(),
  attempts: list(attemptRecord, 1024),
  followed: list(onceFollowed, 1024).exactOptional(),
})

/** `once`: it has been given something else than the pool to boot, as was ordered; nothing more is heard of it. */
export const BOOT_OUTCOMES = ['booting', 'up', 'stuck', 'failed', 'once'] as const
export const STAGE_STATES = ['running', 'done', 'failed'] as const

const imageName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,31}$/, 'is no image name')

/** How far a boot has come. Times are milliseconds since the epoch, by the appliance's clock. */
export const bootRecord = record({
  id: attemptId,
  mac,
  started: count,
  ended: count.exactOptional(),
  outcome: z.enum(BOOT_OUTCOMES),
  /** What it boots instead of the pool. */
  once: z.enum(ONCE_KINDS).exactOptional(),
  image: imageName.exactOptional(),
  generation: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'is no generation')
    .exactOptional(),
  address: z.ipv4().exactOptional(),
  stages: list(record({ stage: word(32), state: z.enum(STAGE_STATES), at: count, detail: text(2048) }), 32),
  /** What is wrong and what to do, of one that does not go on. */
  diagnosis: text(4096).exactOptional(),
  xen: text(128).exactOptional(),
  kernel: text(128).exactOptional(),
})

/** `POST /appliance/boots`: 204 when all are on disk. The newest word of each attempt counts; the same again changes nothing. */
export const bootsPush = record({ appliance: applianceSelf, boots: list(bootRecord, 256) })

export const CAPTURE_CAUSES = ['failed', 'stuck', 'ordered'] as const

/** The packets of one boot, as far as they are kept. Times are milliseconds since the epoch, by the appliance's clock. */
export const captureRecord = record({
  attempt: attemptId,
  mac,
  /** To the appliance's config or plan. */
  known: z.boolean(),
  cause: z.enum(CAPTURE_CAUSES),
  began: count,
  ended: count,
  packets: count,
  /** That passed and are not in it. */
  missed: count,
  /** Of the file, a pcapng, as it is before gzip. */
  bytes: count,
})

/** Characters of a capture: gzipped, in base64. */
export const MAX_CAPTURE_TEXT = 5 << 20

/** UTF-8 bytes of the body that has one. */
export const MAX_CAPTURE_BYTES = MAX_CAPTURE_TEXT + (64 << 10)

/** `POST /appliance/captures`: 204 when it is on disk. The same again changes nothing. */
export const capturePush = record({
  appliance: applianceSelf,
  capture: captureRecord,
  gzip: z
    .string()
    .max(MAX_CAPTURE_TEXT)
    .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'is no base64'),
})

const leaseRecord = record({
  address: z.ipv4(),
  /** Missing: nobody's, as another machine was found on it. */
  mac: mac.exactOptional(),
  kind: z.enum(['offered', 'bound', 'permanent', 'released', 'declined']),
  /** Missing: never. */
  expires: count.exactOptional(),
})

/** `POST /appliance/leases`: all that there are above `after` and up to `upTo`; either may be missing. 204 when they are on disk. */
export const leasesPush = record({
  appliance: applianceSelf,
  after: z.ipv4().exactOptional(),
  upTo: z.ipv4().exactOptional(),
  leases: list(leaseRecord, 4096),
})

export const ROOT_MODES = ['nfs', 'ram'] as const

/** What the manager knows of a host that its boot depends on. */
export const plannedHost = record({
  /** Those that it has booted from, or has. */
  macs: list(mac, 256),
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'is no host name'),
  /** `rejected`: is not booted. */
  standing: z.enum(['known', 'pending', 'rejected']),
  image: imageName.exactOptional(),
  root: z.enum(ROOT_MODES).exactOptional(),
  /** The boot that goes on, or else the next, is to be captured, whatever comes of it. */
  capture: z.literal(true).exactOptional(),
  /** For its next boot; an appliance that does not know of such orders boots the pool, and the order stays. */
  once: onceOrder.exactOptional(),
})

/**
 * `GET /appliance/plan/<id of the appliance>`, with ETag. With `If-None-Match` and `Prefer: wait=<seconds>` (RFC 7240) the answer
 * comes with the next change, or is 304.
 */
export const bootPlan = record({ hosts: list(plannedHost, 65536) })

/** UTF-8 bytes of a plan. */
export const MAX_PLAN_BYTES = 8 << 20

/** UTF-8 bytes of a body from an appliance. */
export const MAX_APPLIANCE_BYTES = 1 << 20

/** `GET /manager/<attempt>` on the appliance's HTTP: where the agent of this boot finds its manager, and whom it trusts there. */
export const managerAddress = record({
  address: z.ipv4(),
  port: z.int().min(1).max(65535),
  /** PEM of the certificate that signed the manager's. */
  authority: z.string().max(8192).startsWith('-----BEGIN CERTIFICATE-----'),
})

export type AttemptRecord = z.output<typeof attemptRecord>
export type AttemptsPush = z.output<typeof attemptsPush>
export type ApplianceSelf = z.output<typeof applianceSelf>
export type BootRecord = z.output<typeof bootRecord>
export type BootsPush = z.output<typeof bootsPush>
export type CaptureRecord = z.output<typeof captureRecord>
export type CapturePush = z.output<typeof capturePush>
export type LeaseRecord = z.output<typeof leaseRecord>
export type LeasesPush = z.output<typeof leasesPush>
export type PlannedHost = z.output<typeof plannedHost>
export type Plan = z.output<typeof bootPlan>
export type ManagerAddress = z.output<typeof managerAddress>
