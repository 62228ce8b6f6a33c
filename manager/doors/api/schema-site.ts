// What the API says and takes of what an admin wants on every host: iSCSI targets, properties, the agent's version. Append-only.
import { z } from 'zod'
import { MAX_PROPERTIES_TEXT } from '../../protocol/requests/set-properties.ts'
import { hostId } from './schema-hosts.ts'

/** How far a host is with a connection. `waiting`: it is not connected, or it is being asked. */
export const CONNECTION_STATES = ['connected', 'waiting', 'failed', 'ending'] as const

/** An iSCSI target, or all targets of a portal, that hosts are to be logged in to. */
export const siteConnection = z.object({
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

/** `portal`: an address, and a port where it is not 3260. */
export const newSiteConnection = z.strictObject({
  kind: z.literal('iscsi'),
  portal: z.string().max(64),
  target: z.string().max(223).optional(),
  groups: z.array(z.string().max(256)).max(64).default([]),
  chap: z.strictObject({ user: z.string().max(223), password: z.string().max(255) }).optional(),
})

const propertyValue = z.object({
  name: z.string(),
  /** Since when it is this. */
  at: z.number(),
  type: z.enum(['int', 'float', 'string', 'bool', 'error']),
  /** Of an error: its reason. */
  value: z.union([z.string(), z.number(), z.boolean()]),
})

/** The file of properties, and what each host says of itself by it. */
export const siteProperties = z.object({
  text: z.string(),
  hosts: z.array(z.object({ host: hostId, name: z.string(), values: z.array(propertyValue) })),
})

export const newSiteProperties = z.strictObject({ text: z.string().max(MAX_PROPERTIES_TEXT) })

/** What the manager sees to by itself, as its driver tells. Times are milliseconds since the epoch, durations milliseconds. */
export const task = z.object({
  name: z.string(),
  /** What it sees to. */
  what: z.string(),
  /** Between its looks when nothing happens. */
  period: z.number(),
  lastRun: z.number().optional(),
  lastTook: z.number().optional(),
  next: z.number().optional(),
  /** The first twenty of the `waiting` things that are not as they should be, and what each waits for. */
  waitsFor: z.array(z.string()),
  waiting: z.number(),
  /** Of its last look; `times`: in a row. */
  error: z.object({ text: z.string(), times: z.number() }).optional(),
})

export type SiteConnection = z.output<typeof siteConnection>
export type NewSiteConnection = z.output<typeof newSiteConnection>
export type SiteProperties = z.output<typeof siteProperties>
