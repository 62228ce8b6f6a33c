// The manager itself. Append-only within /api/v1.
import { z } from 'zod'
import { NOTHING, operation } from './operation.ts'
import { POOL } from './target.ts'

/** What the manager sees to by itself, as its driver tells. Times are milliseconds since the epoch, durations milliseconds. */
const task = z
  .object({
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
  .meta({ id: 'Task' })

const told = z.object({ host: z.string(), why: z.string() })

/** What a rebuild has found, and whether it is written. */
const rebuilt = z
  .object({
    done: z.enum(['preview', 'written']),
    guests: z.array(
      z.object({
        uuid: z.string(),
        name: z.string(),
        host: z.string(),
        power: z.enum(['off', 'on', 'paused']),
        disks: z.array(z.string()),
        /** `domain`: no VG remembered it. */
        by: z.enum(['record', 'domain']),
      }),
    ),
    networks: z.array(z.object({ name: z.string(), bridge: z.string() })),
    /** Hosts that came back by their certificates and have their names again; a sentence each. */
    hosts: z.array(z.string()),
    /** Hosts that say different things, and what was believed; a sentence each. */
    disagree: z.array(z.string()),
    /** What nothing on the hosts tells; a sentence each. */
    unknown: z.array(z.string()),
    /** Hosts that were not read: while there are any, nothing is written. */
    unread: z.array(told),
  })
  .meta({ id: 'Rebuilt' })

export type RebuiltAnswer = z.output<typeof rebuilt>

export const manager = {
  rebuild: operation({
    http: 'POST /manager/rebuild',
    role: 'admin',
    summary:
      'Make guests, disks and networks again from what the hosts alone know, after the database was lost; nothing on them is changed',
    input: z.strictObject({
      mode: z.enum(['preview', 'write']).default('write'),
      /** Hosts that have heard a newer manager obey this one from its next start on. */
      takeOver: z.enum(['yes', 'no']).default('no'),
    }),
    output: rebuilt,
    on: () => POOL,
    did: ({ mode, takeOver }) =>
      takeOver === 'yes'
        ? 'took hosts over from a newer manager'
        : mode === 'preview'
          ? 'looked what could be made again from the hosts'
          : 'made guests, disks and networks again from the hosts',
  }),
  tasks: operation({
    http: 'GET /manager/tasks',
    role: 'viewer',
    summary: 'What the manager sees to by itself: when it looked last, when it looks next, what that waits for',
    input: NOTHING,
    output: z.object({ tasks: z.array(task) }),
  }),
  metrics: operation({
    http: 'GET /metrics',
    role: 'viewer',
    summary: 'The manager itself, for Prometheus',
    input: NOTHING,
    output: z.string(),
    answers: 'text',
  }),
  description: operation({
    http: 'GET /openapi.json',
    role: 'viewer',
    summary: 'This description',
    input: NOTHING,
    output: z.looseObject({ openapi: z.string() }),
  }),
}
