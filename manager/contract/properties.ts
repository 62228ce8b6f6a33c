// The file of properties that every host reports by. Append-only within /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { MAX_PROPERTIES_TEXT } from '../protocol/requests/set-properties.ts'
import { hostId } from './hosts.ts'
import { NOTHING, operation } from './operation.ts'
import { POOL } from './target.ts'

const propertyValue = z.object({
  name: z.string(),
  /** Since when it is this. */
  at: z.number(),
  type: z.enum(['int', 'float', 'string', 'bool', 'error']),
  /** Of an error: its reason. */
  value: z.union([z.string(), z.number(), z.boolean()]),
})

/** The file of properties, and what each host says of itself by it. */
const siteProperties = z.object({
  text: z.string(),
  /** Another with every other text. */
  version: z.string(),
  hosts: z.array(z.object({ host: hostId, name: z.string(), values: z.array(propertyValue) })),
})

export const properties = {
  show: operation({
    http: 'GET /properties',
    role: 'viewer',
    summary: 'The file of properties, and what each host says of itself by it',
    input: NOTHING,
    output: siteProperties,
  }),
  set: operation({
    http: 'PUT /properties',
    role: 'admin',
    summary: 'Another file of properties: its commands run as root on every host',
    /** `replaces`: the `version` of the file that was looked at; another since is a refusal. */
    input: z.strictObject({ text: z.string().max(MAX_PROPERTIES_TEXT), replaces: z.string().max(64).optional() }),
    output: siteProperties,
    limit: 192 << 10,
    on: () => POOL,
    did: ({ text }) => `set the file of properties ${JSON.stringify(text)}`,
  }),
}

export type SiteProperties = z.output<typeof siteProperties>
