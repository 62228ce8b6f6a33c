// What the API says and takes of users, tokens and the audit log; and its one form of refusal. Append-only within /api/v1.
import { z } from 'zod'
import { PROBLEM_CODES } from '../outcome.ts'
import { password, role, userName } from '../protocol/accounts.ts'

export type { ProblemCode } from '../outcome.ts'
export * from '../protocol/accounts.ts'

export const newUser = z.strictObject({ name: userName, password, role })
export const userChange = z.strictObject({ password: password.optional(), role: role.optional() })

export const newToken = z.strictObject({
  label: z.string().min(1).max(64),
  /** At most the user's own; left out: that. */
  role: role.optional(),
  days: z.number().int().min(1).max(3650).default(90),
})

/** `POST /api/v1/login`: a name and a password for a token; without either, nothing else is open. */
export const login = z.strictObject({
  user: z.string().max(64),
  password: z.string().max(1024),
  label: z.string().min(1).max(64),
  days: z.number().int().min(1).max(3650).default(90),
})
/** `POST /api/v1/first-admin`: the one-time code that the manager left in its dataDir, for the first user. */
export const firstAdmin = z.strictObject({ code: z.string().max(128), name: userName, password })

export const principal = z.object({ user: z.string(), role })

/** RFC 9457, `application/problem+json`. */
export const problem = z.object({
  type: z.string().default('about:blank'),
  title: z.string(),
  status: z.number(),
  /** What was wrong, with what, and what to do. */
  detail: z.string(),
  /**
   * `unread`: it rests on what could not be read of a host, as `detail` says; to be asked again when that can be read. `identity`:
   * who would be approved is not who was looked at; `detail` has both.
   */
  code: z.enum(PROBLEM_CODES).optional(),
})

export type Principal = z.output<typeof principal>
export type Problem = z.output<typeof problem>
