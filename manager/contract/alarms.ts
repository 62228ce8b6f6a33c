// Alarms. Append-only within /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { hostId } from './hosts.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'
import { key } from './things.ts'

const alarm = z
  .object({
    /** What it is about: the same again is counted. */
    key: z.string(),
    kind: z.string(),
    host: hostId.optional(),
    hostName: z.string().optional(),
    text: z.string(),
    raised: z.number(),
    last: z.number(),
    times: z.number(),
  })
  .meta({ id: 'Alarm' })

export const alarms = {
  list: operation({
    http: 'GET /alarms',
    role: 'viewer',
    summary: 'Open alarms, newest first',
    input: NOTHING,
    output: z.object({ alarms: z.array(alarm) }),
  }),
  clear: operation({
    http: 'DELETE /alarms/:key',
    role: 'operator',
    summary: 'Clear an alarm',
    input: z.strictObject({ key }),
    output: NO_CONTENT,
    did: ({ key: of }) => `clear alarm ${of}`,
  }),
}

export type Alarm = z.output<typeof alarm>
