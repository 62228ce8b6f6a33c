// RFC 9457, `application/problem+json`: the one form of refusal.
import { z } from 'zod'
import { PROBLEM_CODES } from '../outcome.ts'

export const problem = z
  .object({
    type: z.string().default('about:blank'),
    title: z.string(),
    status: z.number(),
    /** What was wrong, with what, and what to do. */
    detail: z.string(),
    /**
     * `unread`: it rests on what could not be read of a host, as `detail` says; to be asked again when that can be read. `identity`:
     * who would be approved is not who was looked at; `detail` has both. `locked`: an automation has it; `key-reused`: the
     * Idempotency-Key was another request's (422); `no-return`: it is too late to abort; `not-cancellable`:
     * a task has ended, or cannot be stopped. `short`, `held`, `unknown`, `exhausted`: what
     * was to be claimed is too little, somebody's, not there, or all given out. `unfit`: a guest cannot be moved: its plan says why.
     * `outside-your-groups`: who asks is limited to groups, and it acts on something else, which `detail` names (403). `second-factor`: the password is right, and a code
     * is needed, too (401).
     */
    code: z.enum(PROBLEM_CODES).optional(),
  })
  .meta({ id: 'Problem' })

export type Problem = z.output<typeof problem>
