// The manager itself. Append-only within /api/v1.
import { z } from 'zod'
import { NOTHING, operation } from './operation.ts'

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

export const manager = {
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
