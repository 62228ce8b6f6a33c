// What takes more than one step, and goes on when the manager dies: guests made and moved, hosts emptied, VGs made. Append-only within
// /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { writeSize } from '../protocol/size.ts'
import { uuid } from '../protocol/values.ts'
import { operation } from './operation.ts'
import { onThings } from './target.ts'

/** `queued`, `running` and `needs-operator` are open: the others hold nothing any more. */
export const AUTOMATION_STATES = ['queued', 'running', 'needs-operator', 'done', 'failed', 'aborted'] as const
const state = z.enum(AUTOMATION_STATES)
const id = z.string().regex(/^[\w-]{1,64}$/, 'is no id of an automation')

const automation = z
  .object({
    id: z.string(),
    recipe: z.string(),
    /** Of its recipe, when it was begun. */
    version: z.number(),
    title: z.string(),
    who: z.string(),
    state,
    /** Why it failed, was aborted, or needs an operator. */
    reason: z.string().optional(),
    /** What it waits for, where that is its turn. */
    waits: z.string().optional(),
    created: z.number(),
    ended: z.number().optional(),
  })
  .meta({ id: 'Automation' })

/** Of a job that a host has told of. */
export const progress = z.object({
  phase: z.string(),
  done: z.number(),
  total: z.number().optional(),
  unit: z.string(),
  /** Units a second, lately. */
  rate: z.number().optional(),
  /** Should it go on like that. */
  secondsLeft: z.number().optional(),
  /** Of `done`, what was sent for it; the rest did not have to be. Missing: all, or it is no copy. */
  sent: z.number().exactOptional(),
})

const step = z.object({
  step: z.string(),
  what: z.string(),
  state: z.enum(['under way', 'done', 'failed']),
  started: z.number(),
  ended: z.number().optional(),
  reason: z.string().optional(),
  progress: progress.optional(),
})

/** What takes something back, should it come to no good end. `command`: for a person, where that fails. */
const undo = z.object({
  step: z.string(),
  what: z.string(),
  command: z.string(),
  state: z.enum(['open', 'done', 'by hand', 'not needed']),
})

const automationDetail = automation
  .extend({
    /** In their order; `phase`: which it has reached. */
    phases: z.array(z.string()),
    phase: z.string().optional(),
    /** The phase from which on it only goes forward. */
    noReturn: z.string().optional(),
    mayAbort: z.enum(['yes', 'no: it has ended', 'no: it is past its point of no return']),
    /** Whose turn it is. */
    turn: z.string(),
    steps: z.array(step),
    undos: z.array(undo),
    /** Of a move that has not ended: how much its memory, and each of its disks, goes over at most. */
    rate: z
      .object({
        /** A second; missing: as many as the network carries. */
        bytes: z.number().optional(),
        mayChange: z.enum(['yes', 'no: nothing of it goes over the network any more']),
      })
      .optional(),
  })
  .meta({ id: 'AutomationDetail' })

/**
 * What an operation answers, with 202, that starts one: the same again to who comes back with the same Idempotency-Key and body, whatever
 * has become of it.
 */
export const startedAutomation = z
  .object({ automation: z.object({ id: z.string(), title: z.string(), state }) })
  .meta({ id: 'StartedAutomation' })

/** Of the memory and of each disk of a guest that moves, a second. */
export const rateBytes = z.number().int().min(65_536)

const ofId = z.strictObject({ id })
const onAutomation = ({ id: which }: z.output<typeof ofId>) => onThings({ automations: [which] })

export const automations = {
  list: operation({
    http: 'GET /automations',
    role: 'viewer',
    summary: 'Automations, the newest first',
    input: z.strictObject({
      /** `open`: those that have not ended, however old. */
      which: z.enum(['all', 'open']).default('all'),
      /** UUID of a guest: those that are about it. */
      about: uuid.optional(),
      limit: z.coerce.number<number | string>().int().min(1).max(1000).default(100),
    }),
    output: z.object({ automations: z.array(automation) }),
  }),
  show: operation({
    http: 'GET /automations/:id',
    role: 'viewer',
    summary: 'One automation: its steps, what would be taken back, whose turn it is',
    input: ofId,
    output: automationDetail,
  }),
  abort: operation({
    http: 'POST /automations/:id/abort',
    role: 'operator',
    status: 202,
    summary: 'End it, and take back what it has done: refused (no-return) from its point of no return on',
    input: ofId,
    output: startedAutomation,
    on: onAutomation,
    did: ({ id: which }) => `abort automation ${which}`,
  }),
  resume: operation({
    http: 'POST /automations/:id/resume',
    role: 'operator',
    status: 202,
    summary: 'Go on with one that needs an operator: with the recipe of this hostless, or with the undo that has failed',
    input: ofId,
    output: startedAutomation,
    on: onAutomation,
    did: ({ id: which }) => `resume automation ${which}`,
  }),
  pace: operation({
    http: 'POST /automations/:id/rate',
    role: 'operator',
    status: 202,
    summary: 'How fast a move may go from now on: refused of what moves no guest (no-move), has ended (ended), sends no more (not-paced)',
    input: ofId.extend({ rateBytes: rateBytes.nullable() }),
    output: startedAutomation,
    on: onAutomation,
    did: ({ id: which, rateBytes: rate }) =>
      rate === null
        ? `let automation ${which} move as fast as its network carries`
        : `let automation ${which} move at ${writeSize(rate)} a second`,
  }),
  retryUndo: operation({
    http: 'POST /automations/:id/retry-undo',
    role: 'operator',
    status: 202,
    summary: 'Try the undo again that has failed; `by-hand`: a person has done it, and it is not tried again',
    input: ofId.extend({ how: z.enum(['retry', 'by-hand']).default('retry') }),
    output: startedAutomation,
    on: onAutomation,
    did: ({ id: which, how }) =>
      how === 'retry' ? `retry the undo of automation ${which}` : `say that the undo of automation ${which} was done by hand`,
  }),
}

export type Automation = z.output<typeof automation>
export type AutomationDetail = z.output<typeof automationDetail>
export type AutomationStep = z.output<typeof step>
export type StartedAutomation = z.output<typeof startedAutomation>
