// Users, tokens and the audit log, as the store keeps them and as every door says them. The wire forms of asking are not here.
import { z } from 'zod'
import { GROUP_NAME, MOST_GROUPS } from './host.ts'

/** Each may all that the ones before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const
export const role = z.enum(ROLES)

export const userName = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/, 'is no user name: 1 to 32 of a-z 0-9 _ . -, a letter first')
/** Length is what counts (NIST SP 800-63B, 3.1.1.2). */
export const password = z.string().min(12, 'is shorter than 12 characters').max(256, 'is longer than 256 characters')

/** That a user or a token is limited to; without them it acts on the whole pool. */
export const limitGroups = z
  .array(z.string().regex(GROUP_NAME, 'is no group name: 1 to 63 of a-z 0-9 _ . -, a letter or digit first'))
  .min(1, 'is empty: name groups, or leave them out for the whole pool')
  .max(MOST_GROUPS)
const limit = z.array(z.string()).optional()

export const user = z
  .object({
    name: userName,
    role,
    /** It acts on hosts and guests of these alone; left out: on the whole pool. */
    groups: limit,
    /** One that counts; left out: none. */
    secondFactor: z.literal('on').optional(),
    /** URL of the OpenID Connect issuer that vouches for them; left out: a local user, with a password here. */
    issuer: z.string().optional(),
    created: z.number(),
    lastSeen: z.number().optional(),
  })
  .meta({ id: 'User' })
/** The secret itself is told once, when it is made. */
export const token = z
  .object({
    id: z.string(),
    user: userName,
    label: z.string(),
    role,
    /** As of its user, and never more than that. */
    groups: limit,
    created: z.number(),
    expires: z.number(),
    lastUsed: z.number().optional(),
  })
  .meta({ id: 'Token' })
export const issuedToken = token.extend({ secret: z.string() })

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

export type Role = z.output<typeof role>
export type User = z.output<typeof user>
export type Token = z.output<typeof token>
export type IssuedToken = z.output<typeof issuedToken>
export type AuditEntry = z.output<typeof auditEntry>
export type Audit = z.output<typeof audit>
