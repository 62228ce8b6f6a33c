// Long work, of whatever kind: what it is, on what, by whom, how far it is, and an end to it. Append-only within /api/v1. Times are
// milliseconds since the epoch.
import { z } from 'zod'
import { progress } from './automations.ts'
import { operation } from './operation.ts'
import { onThings } from './target.ts'

/** `scan`: a host looks which disk images lie on a file system; `image-add`: a file becomes an image of guests' disks; `image-check`: all of one is read. */
export const TASK_KINDS = ['automation', 'scan', 'image-add', 'image-check'] as const

/** `queued` and `running` are open. */
export const TASK_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

const task = z
  .object({
    /** Of an automation: its own. */
    id: z.string(),
    kind: z.enum(TASK_KINDS),
    what: z.string(),
    /** As people call it: `guest web1`. */
    on: z.array(z.string()),
    who: z.string(),
    state: z.enum(TASK_STATES),
    /** Why it has failed or was cancelled; of one that is open, what it waits for. */
    reason: z.string().optional(),
    /** An automation that goes on when somebody has said how; `automations.show` has the commands. */
    needsOperator: z.literal(true).optional(),
    /** While it runs. Of an automation without a job of a host: which of its phases it has reached. */
    progress: progress.optional(),
    created: z.number(),
    /** Left out: it waits for others. */
    started: z.number().optional(),
    ended: z.number().optional(),
    mayCancel: z.boolean(),
    /** Why it may not be cancelled. */
    notCancelled: z.string().optional(),
  })
  .meta({ id: 'LongTask' })

const ofId = z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'is no id of a task') })

export const tasks = {
  list: operation({
    http: 'GET /tasks',
    role: 'viewer',
    summary: 'Long work of all kinds, the newest first; the event `task` tells of each that something has changed of',
    input: z.strictObject({
      /** `open`: what has not ended, however old; `all`: that, and the newest of what has. */
      which: z.enum(['all', 'open']).default('all'),
      kind: z.enum(TASK_KINDS).optional(),
      limit: z.coerce.number<number | string>().int().min(1).max(1000).default(100),
    }),
    output: z.object({ tasks: z.array(task) }),
  }),
  show: operation({
    http: 'GET /tasks/:id',
    role: 'viewer',
    summary: 'One of them, and how far it is',
    input: ofId,
    output: task,
  }),
  cancel: operation({
    http: 'POST /tasks/:id/cancel',
    role: 'operator',
    status: 202,
    summary: 'End it: an automation takes back what it has done; what has ended, or cannot be stopped, is refused (not-cancellable)',
    input: ofId,
    output: task,
    on: ({ id }) => onThings({ tasks: [id] }),
    did: ({ id }) => `cancel task ${id}`,
  }),
}

export type Task = z.output<typeof task>
export type TaskKind = Task['kind']
