// What the API says and takes of users, tokens and the audit log; and its one form of refusal. Append-only within /api/v1.
import { z } from 'zod'

/** Each may all that the ones before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export const role = z.enum(ROLES)

export const userName = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/, 'is no user name: 1 to 32 of a-z 0-9 _ . -, a letter first')
/** Length is what counts (NIST SP 800-63B, 3.1.1.2). */
export const password = z.string().min(12, 'is shorter than 12 characters').max(256, 'is longer than 256 characters')

export const user = z.object({ name: userName, role, created: z.number(), lastSeen: z.number().optional() })
export const newUser = z.strictObject({ name: userName, password, role })
export const userChange = z.strictObject({ password: password.optional(), role: role.optional() })

/** The secret itself is told once, when it is made. */
export const token = z.object({
  id: z.string(),
  user: userName,
  label: z.string(),
  role,
  created: z.number(),
  expires: z.number(),
  lastUsed: z.number().optional(),
})
export const newToken = z.strictObject({
  label: z.string().min(1).max(64),
  /** At most the user's own; left out: that. */
  role: role.optional(),
  days: z.number().int().min(1).max(3650).default(90),
})
export const issuedToken = token.extend({ secret: z.string() })

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

export const auditEntry = z.object({
  seq: z.number(),
  at: z.number(),
  who: z.string(),
  /** Address that it came from. */
  peer: z.string(),
  what: z.string(),
  /** HMAC-SHA-256 over the one before and this, by a key that is not in the database, hexadecimal. */
  hash: z.string(),
})
export const audit = z.object({
  entries: z.array(auditEntry),
  /** Whether each entry's hash follows from the one before; `broken`: the first that does not. */
  intact: z.boolean(),
  broken: z.number().optional(),
  /** The first entry that the key vouches for; left out: all are such. */
  keyedFrom: z.number().optional(),
})

const PROBLEM_CODES = ['unread', 'identity'] as const

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

export type ProblemCode = (typeof PROBLEM_CODES)[number]
export type Role = z.output<typeof role>
export type User = z.output<typeof user>
export type Token = z.output<typeof token>
export type IssuedToken = z.output<typeof issuedToken>
export type Principal = z.output<typeof principal>
export type AuditEntry = z.output<typeof auditEntry>
export type Audit = z.output<typeof audit>
export type Problem = z.output<typeof problem>
