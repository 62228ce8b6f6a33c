// Who may come in, and what they did: users, tokens, the audit log. Append-only within /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { audit as auditLog, issuedToken, limitGroups, password, role, token, user, userName } from '../protocol/accounts.ts'
import { sayLimit } from '../protocol/group-limit.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'
import { shownCode } from './second-factor.ts'
import { ACCOUNT, POOL } from './target.ts'

const label = z.string().min(1).max(64)
const days = z.number().int().min(1).max(3650).default(90)

/** What a request came with. `expires`: at the latest; a session ends sooner when it is not used. */
const credential = z.object({
  kind: z.enum(['token', 'session']),
  /** Of a token. */
  id: z.string().optional(),
  label: z.string().optional(),
  expires: z.number().optional(),
})

export const access = {
  login: operation({
    http: 'POST /login',
    role: 'open',
    status: 201,
    summary: 'A token for a name and a password and, of who has a second factor, a code of it',
    input: z.strictObject({ user: z.string().max(64), password: z.string().max(1024), label, days, code: shownCode.optional() }),
    output: issuedToken,
    limit: 4 << 10,
    on: () => ACCOUNT,
    did: ({ label: of }) => `log in, for a token ${JSON.stringify(of)}`,
  }),
  firstAdmin: operation({
    http: 'POST /first-admin',
    role: 'open',
    status: 201,
    summary: 'The first user, for the one-time code that the manager has left in its dataDir',
    input: z.strictObject({ code: z.string().max(128), name: userName, password }),
    output: user,
    limit: 4 << 10,
    on: () => ACCOUNT,
    did: () => 'become the first admin',
  }),
  whoami: operation({
    http: 'GET /whoami',
    role: 'viewer',
    summary: 'Whose the credential is',
    input: NOTHING,
    /** `groups`: it is limited to these; `issuer`: URL of the OpenID Connect issuer that vouches for its user; left out: a local one. */
    output: z.object({
      user: z.string(),
      role,
      groups: z.array(z.string()).optional(),
      issuer: z.string().optional(),
      by: credential.optional(),
    }),
  }),
}

export const users = {
  list: operation({
    http: 'GET /users',
    role: 'admin',
    summary: 'All users',
    input: NOTHING,
    output: z.object({ users: z.array(user) }),
  }),
  add: operation({
    http: 'POST /users',
    role: 'admin',
    status: 201,
    summary: 'A new user',
    /** `groups`: it acts on hosts and guests of these alone; left out: on the whole pool. */
    input: z.strictObject({ name: userName, password, role, groups: limitGroups.optional() }),
    output: user,
    on: () => POOL,
    did: ({ name, role: as, groups }) => `add user ${name} as ${as}${groups ? ` of ${sayLimit(groups)}` : ''}`,
  }),
  change: operation({
    http: 'PATCH /users/:name',
    role: 'admin',
    own: 'name',
    summary: 'Another password (your own in every role), another role, other groups',
    /** `groups`: null takes the limit away. */
    input: z.strictObject({
      name: userName,
      password: password.optional(),
      role: role.optional(),
      groups: limitGroups.nullable().optional(),
    }),
    output: user,
    on: ({ role: as, groups }) => (as === undefined && groups === undefined ? ACCOUNT : POOL),
    did: ({ name, password: another, role: as, groups }) =>
      [
        another !== undefined && `set the password of ${name}`,
        as !== undefined && `make user ${name} ${as}`,
        groups !== undefined && `let user ${name} act on ${sayLimit(groups ?? undefined)}`,
      ]
        .filter(Boolean)
        .join(', ') || `leave user ${name} as it is`,
  }),
  remove: operation({
    http: 'DELETE /users/:name',
    role: 'admin',
    summary: 'Remove a user, with their tokens',
    input: z.strictObject({ name: userName }),
    output: NO_CONTENT,
    on: () => POOL,
    did: ({ name }) => `remove user ${name}`,
  }),
}

export const tokens = {
  list: operation({
    http: 'GET /tokens',
    role: 'viewer',
    summary: 'Your tokens; as an admin, all',
    input: NOTHING,
    output: z.object({ tokens: z.array(token) }),
  }),
  issue: operation({
    http: 'POST /tokens',
    role: 'viewer',
    status: 201,
    summary: 'A new token of yours; its secret is told this once. Made with a token, it ends with that at the latest',
    /** `role`, `groups`: at most the user's own; left out: those. */
    input: z.strictObject({ label, role: role.optional(), groups: limitGroups.optional(), days }),
    output: issuedToken,
    on: () => ACCOUNT,
    did: ({ label: of, role: as, groups, days: long }) =>
      `issue token ${JSON.stringify(of)}${as ? ` as ${as}` : ''}${groups ? ` of ${sayLimit(groups)}` : ''} for ${long} days`,
  }),
  revoke: operation({
    http: 'DELETE /tokens/:id',
    role: 'viewer',
    summary: 'Revoke a token of yours; as an admin, any',
    input: z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'is no id of a token') }),
    output: NO_CONTENT,
    on: () => ACCOUNT,
    did: ({ id }) => `revoke token ${id}`,
  }),
}

export const audit = {
  list: operation({
    http: 'GET /audit',
    role: 'admin',
    summary: 'What was done through API and page, newest first, and whether the log is as it was written',
    input: z.strictObject({
      limit: z.coerce.number<number | string>().int().min(1).max(1000).default(100),
      before: z.coerce.number<number | string>().int().min(1).optional(),
      who: z.string().min(1).max(64).optional(),
      /** A name in it, whole: a host's or its id, a guest's, a user's. */
      about: z.string().min(1).max(128).optional(),
      /** From this time on, and before that one. */
      from: z.coerce.number<number | string>().int().min(0).optional(),
      until: z.coerce.number<number | string>().int().min(0).optional(),
    }),
    output: auditLog,
  }),
}

export type WhoAmI = z.output<typeof access.whoami.output>
