// Alarms. Append-only within /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { SEVERITIES } from '../protocol/notifications.ts'
import { hostId, hostRef } from './hosts.ts'
import { NO_CONTENT, operation } from './operation.ts'
import { onThings } from './target.ts'
import { key } from './things.ts'

const alarm = z
  .object({
    /** What it is about: the same again is counted. */
    key: z.string(),
    kind: z.string(),
    severity: z.enum(SEVERITIES),
    /** What people have written may be lost. */
    dataAtRisk: z.boolean(),
    host: hostId.optional(),
    hostName: z.string().optional(),
    /** All that it is about, by name: also where it is one. */
    hosts: z.array(z.object({ id: hostId, name: z.string() })),
    text: z.string(),
    raised: z.number(),
    last: z.number(),
    times: z.number(),
    /** By a person. What is still so stays acknowledged, and is no open alarm, until it has ended. */
    acknowledged: z.object({ who: z.string(), at: z.number(), comment: z.string().optional() }).optional(),
  })
  .meta({ id: 'Alarm' })

/** Which of them: what is left out leaves out none. */
export const alarmFilter = z.strictObject({
  which: z.enum(['open', 'acknowledged', 'all']).default('open'),
  /** At least. */
  severity: z.enum(SEVERITIES).optional(),
  kind: z.string().max(64).optional(),
  /** That it is about, alone or among others. */
  host: hostRef.optional(),
  /** `severity`: the gravest first, data at risk before others of one severity. */
  sort: z.enum(['severity', 'newest']).default('severity'),
})
export type AlarmFilter = z.output<typeof alarmFilter>

/** Of one acknowledgement. */
export const MOST_ALARMS = 1000

const COMMENT = 'a comment is at most 512 characters on one line'

export const alarms = {
  list: operation({
    http: 'GET /alarms',
    role: 'viewer',
    summary: 'Alarms, the gravest first; those that nobody has acknowledged, unless others are asked for',
    input: alarmFilter,
    output: z.object({ alarms: z.array(alarm) }),
  }),
  acknowledge: operation({
    http: 'POST /alarm-acknowledgements',
    role: 'operator',
    summary: 'Say that somebody sees to some alarms; what is not open any more is told of',
    input: z.strictObject({
      keys: z.array(key).min(1).max(MOST_ALARMS),
      comment: z
        .string()
        .max(512, COMMENT)
        .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, COMMENT)
        .default(''),
    }),
    output: z.object({ acknowledged: z.array(z.string()), missing: z.array(z.string()) }),
    limit: 1 << 20,
    on: ({ keys: alarms }) => onThings({ alarms }),
    did: ({ keys, comment }) => `acknowledge ${sayKeys(keys)}${comment && `: ${comment}`}`,
  }),
  clear: operation({
    http: 'DELETE /alarms/:key',
    role: 'operator',
    summary: 'Clear an alarm',
    input: z.strictObject({ key }),
    output: NO_CONTENT,
    on: ({ key: of }) => onThings({ alarms: [of] }),
    did: ({ key: of }) => `clear alarm ${of}`,
  }),
}

function sayKeys(keys: readonly string[]): string {
  const [first, second, ...others] = keys
  if (second === undefined) return `alarm ${first}`
  return `${keys.length} alarms (${[first, second].join(', ')}${others.length > 0 ? ' …' : ''})`
}

export type Alarm = z.output<typeof alarm>
