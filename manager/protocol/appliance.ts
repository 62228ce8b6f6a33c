// The messages between appliance and manager: JSON over the manager's TLS, with the site's secret in the header Authorization;
// and where an agent finds the manager, which the appliance tells it. Append-only as messages.ts is.
import { z } from 'zod'
import { count, list, mac, record, uuid } from './values.ts'

/** 16 characters of base32. */
export const attemptId = z.string().regex(/^[a-z2-7]{16}$/, 'is no attempt id')

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

/** `POST /appliance/attempts`: answered with 204 when all are on disk. The same again changes nothing. */
export const attemptsPush = record({ attempts: list(attemptRecord, 1024) })

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
export type ManagerAddress = z.output<typeof managerAddress>
