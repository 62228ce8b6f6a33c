// The requests connect-iscsi and disconnect-iscsi: which sessions a host has.
import { z } from 'zod'
import { iscsiName, list, record, word } from '../values.ts'
import { type Hold, holding } from './holds.ts'
import { short } from './request.ts'

/** Address and port of an iSCSI target, as its sessions show it: `10.77.0.1:3260`, `[fd00::1]:3260`. */
export const portal = z
  .string()
  .max(64)
  .regex(/^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]):[1-9]\d{0,4}$/, 'is no ADDRESS:PORT')

/** RFC 1994. Printable ASCII without blanks: what open-iscsi keeps unchanged. */
export const chap = record({
  user: z
    .string()
    .max(223)
    .regex(/^[\x21-\x7e]+$/, 'is not printable ASCII without blanks'),
  password: z
    .string()
    .max(255)
    .regex(/^[\x21-\x7e]+$/, 'is not printable ASCII without blanks'),
})

/** Sessions with this target, or with all that the portal offers to `initiator`. Those that are there stay as they are. */
export const connectIscsi = short({
  since: 2,
  body: record({
    kind: z.literal('connect-iscsi'),
    initiator: iscsiName,
    portal,
    target: iscsiName.exactOptional(),
    chap: chap.exactOptional(),
  }),
  /** The sessions that there are now. `missing`: portals of these targets that could not be reached, and why. */
  answer: record({
    kind: z.literal('iscsi-connected'),
    sessions: list(record({ target: iscsiName, portal: word(128), fresh: z.boolean() }), 1024),
    missing: list(word(512), 64),
  }),
  changes: 'host',
  pace: 'quick',
  holds: sessionsAt,
  limit: 600_000,
})

/** No session any more with this target, or with any at the portal. Refused while something on the host uses a LUN of it. */
export const disconnectIscsi = short({
  since: 2,
  body: record({ kind: z.literal('disconnect-iscsi'), portal, target: iscsiName.exactOptional() }),
  /** The targets whose sessions were ended; none when there was no session. */
  answer: record({ kind: z.literal('iscsi-disconnected'), targets: list(iscsiName, 1024) }),
  changes: 'host',
  pace: 'quick',
  holds: sessionsAt,
  limit: 600_000,
})

/** Both write the settings and records of the one initiator, whatever the portal. */
function sessionsAt(body: { readonly portal: string }): readonly Hold[] {
  return holding('write', { kind: 'only', name: 'initiator' }, { kind: 'portal', portal: body.portal })
}

export type Chap = z.output<typeof chap>

/** Each under its own kind. */
export const iscsiRequests = {
  'connect-iscsi': connectIscsi,
  'disconnect-iscsi': disconnectIscsi,
} as const
