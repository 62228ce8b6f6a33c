// iSCSI targets that hosts are to be logged in to. Append-only within /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { hostId } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'
import { onThings, POOL } from './target.ts'

/** How far a host is with a connection. `waiting`: it is not connected, or it is being asked. */
export const CONNECTION_STATES = ['connected', 'waiting', 'failed', 'ending'] as const

/** An iSCSI target, or all targets of a portal, that hosts are to be logged in to. */
const siteConnection = z
  .object({
    id: z.string(),
    kind: z.literal('iscsi'),
    portal: z.string(),
    target: z.string().optional(),
    /** Of the hosts that are to have it; none: all. */
    groups: z.array(z.string()),
    /** CHAP user; the password is shown to nobody. */
    user: z.string().optional(),
    created: z.number(),
    by: z.string(),
    /** It was taken away, and hosts still have sessions. */
    ending: z.boolean(),
    hosts: z.array(z.object({ host: hostId, name: z.string(), state: z.enum(CONNECTION_STATES), why: z.string() })),
  })
  .meta({ id: 'Connection' })

const BOTH = 'is empty: CHAP takes a user and a password, or neither'

/** `portal`: an address, and a port where it is not 3260. */
const newSiteConnection = z.strictObject({
  kind: z.literal('iscsi'),
  portal: z.string().max(64),
  target: z.string().max(223).optional(),
  groups: z.array(z.string().max(256)).max(64).default([]),
  chap: z.strictObject({ user: z.string().min(1, BOTH).max(223), password: z.string().min(1, BOTH).max(255) }).optional(),
})

export const connections = {
  list: operation({
    http: 'GET /connections',
    role: 'viewer',
    summary: 'The iSCSI targets that hosts are to be logged in to, and how far each host is',
    input: NOTHING,
    output: z.object({ connections: z.array(siteConnection) }),
  }),
  add: operation({
    http: 'POST /connections',
    role: 'operator',
    status: 201,
    summary: 'Log all hosts, or those of some groups, in to a target or a portal',
    input: newSiteConnection,
    output: siteConnection,
    limit: 64 << 10,
    on: ({ groups }) => (groups.length > 0 ? onThings({ groups }) : POOL),
    did: ({ portal, target, groups, chap }) => {
      const on = groups.length > 0 ? `on hosts of ${groups.join(' ')}` : 'on all hosts'
      return `connect to ${target ?? 'all targets'} at ${portal} ${chap ? `as ${chap.user} ` : ''}${on}`
    },
  }),
  remove: operation({
    http: 'DELETE /connections/:id',
    role: 'operator',
    summary: 'Log the hosts out again; it is listed until none has a session',
    input: z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'is no id of a connection') }),
    output: siteConnection,
    on: ({ id }) => onThings({ connections: [id] }),
    did: ({ id }) => `take away connection ${id}`,
  }),
}

export type SiteConnection = z.output<typeof siteConnection>
export type NewSiteConnection = z.output<typeof newSiteConnection>
