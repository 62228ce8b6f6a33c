// Who may come in, and what they did: users, tokens, the audit log. Append-only within /api/v1. Times are milliseconds since the epoch.
import { z } from 'zod'
import { audit as auditLog, issuedToken, password, role, token, user, userName } from '../protocol/accounts.ts'
import { NO_CONTENT, NOTHING, operation } from './operation.ts'

const label = z.string().min(1).max(64)
const days = z.number().int().min(1).max(3650).default(90)

export const access = {
  login: operation({
    http: 'POST /login',
    role: 'open',
    status: 201,
    summary: 'A token for a name and a password',
    input: z.strictObject({ user: z.string().max(64), password: z.string().max(1024), label, days }),
    output: issuedToken,
    limit: 4 << 10,
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
    did: () => 'become the first admin',
  }),
  whoami: operation({
    http: 'GET /whoami',
    role: 'viewer',
    summary: 'Whose the credential is',
    input: NOTHING,
    output: z.object({ user: z.string(), role }),
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
    input: z.strictObject({ name: userName, password, role }),
    output: user,
    did: ({ name, role: as }) => `add user ${name} as ${as}`,
  }),
  change: operation({
    http: 'PATCH /users/:name',
    role: 'admin',
    own: 'name',
    summary: 'Another password (your own in every role), another role',
    input: z.strictObject({ name: userName, password: password.optional(), role: role.optional() }),
    output: user,
    did: ({ name, password: another, role: as }) =>
      [another !== undefined && `set the password of ${name}`, as !== undefined && `make user ${name} ${as}`].filter(Boolean).join(', ') ||
      `leave user ${name} as it is`,
  }),
  remove: operation({
    http: 'DELETE /users/:name',
    role: 'admin',
    summary: 'Remove a user, with their tokens',
    input: z.strictObject({ name: userName }),
    output: NO_CONTENT,
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
    /** `role`: at most the user's own; left out: that. */
    input: z.strictObject({ label, role: role.optional(), days }),
    output: issuedToken,
    did: ({ label: of, role: as, days: long }) => `issue token ${JSON.stringify(of)}${as ? ` as ${as}` : ''} for ${long} days`,
  }),
  revoke: operation({
    http: 'DELETE /tokens/:id',
    role: 'viewer',
    summary: 'Revoke a token of yours; as an admin, any',
    input: z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'is no id of a token') }),
    output: NO_CONTENT,
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
    }),
    output: auditLog,
  }),
}
