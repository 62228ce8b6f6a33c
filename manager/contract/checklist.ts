// From a bare machine to the first host: what is done, what is next, and what is in the way. Append-only within /api/v1.
import { z } from 'zod'
import { NOTHING, operation } from './operation.ts'

export const STEPS = ['image', 'appliance', 'dhcp', 'boot', 'approval'] as const

const step = z.object({
  name: z.enum(STEPS),
  /** As a person says it: `a machine boots`. */
  title: z.string(),
  /** `waiting`: its turn has come, or will; `failed`: it does not work, and `mend` says what to do; `unknown`: that could not be looked at. */
  state: z.enum(['done', 'waiting', 'failed', 'unknown']),
  seen: z.string(),
  mend: z.string().optional(),
})

export const checklist = {
  show: operation({
    http: 'GET /checklist',
    role: 'viewer',
    summary: 'From a bare machine to the first host: what is done, what is next, what is in the way; as hostless doctor looks',
    input: NOTHING,
    output: z.object({
      /** Whether a host was ever approved. */
      over: z.boolean(),
      steps: z.array(step),
    }),
  }),
}

export type ChecklistStep = z.output<typeof step>
