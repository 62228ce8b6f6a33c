// The routes of who may come in: users, tokens, the audit log. A token may not give more than it has itself: whoever finds one of a
// viewer's has found a viewer's, whoever its user is.
import { z } from 'zod'
import type { Access, Identified } from '../../access/access.ts'
import { atLeast } from '../../access/roles.ts'
import { emptied, json, ofAnswer, openRoute, type Reply, type Route, route } from './route.ts'
import { audit, firstAdmin, issuedToken, login, newToken, newUser, principal, token, user, userChange, userName } from './schema-access.ts'

const ofUser = z.strictObject({ name: userName })

export const ACCESS_ROUTES: readonly Route[] = [
  openRoute({
    method: 'POST',
    path: '/login',
    summary: 'A token for a name and a password',
    body: login,
    answer: issuedToken,
    status: 201,
    limit: 4 << 10,
    run: async ({ body, peer }, { access }) => ofAnswer(await access.logIn(body.user, body.password, body.label, body.days, peer)),
  }),
  openRoute({
    method: 'POST',
    path: '/first-admin',
    summary: 'The first user, for the one-time code that the manager has printed',
    body: firstAdmin,
    answer: user,
    status: 201,
    limit: 4 << 10,
    run: async ({ body, peer }, { access }) => ofAnswer(await access.redeemFirstAdmin(body.code, body.name, body.password, peer)),
  }),
  route({
    method: 'GET',
    path: '/whoami',
    role: 'viewer',
    summary: 'Whose the credential is',
    answer: principal,
    run: async (_asked, _deps, who) => json({ user: who.user, role: who.role }),
  }),
  route({
    method: 'GET',
    path: '/users',
    role: 'admin',
    summary: 'All users',
    answer: z.object({ users: z.array(user) }),
    run: async (_asked, { access }) => json({ users: [...(await access.users())] }),
  }),
  route({
    method: 'POST',
    path: '/users',
    role: 'admin',
    summary: 'A new user',
    body: newUser,
    answer: user,
    status: 201,
    run: async ({ body }, { access }) => ofAnswer(await access.addUser(body.name, body.password, body.role)),
  }),
  route({
    method: 'PATCH',
    path: '/users/:name',
    role: 'admin',
    own: ({ name }, who) => name === who.user,
    summary: 'Another password (your own in every role), another role',
    params: ofUser,
    body: userChange,
    answer: user,
    run: async ({ params: { name }, body }, { access }, who) => {
      if (!atLeast(who.role, 'admin')) {
        if (body.role !== undefined) return forbidden('only an admin changes roles')
        if (await isLimited(who, access)) return forbidden(`this token is limited to ${who.role}: change the password with one that is not`)
      }
      return ofAnswer(await access.changeUser(name, body))
    },
  }),
  route({
    method: 'DELETE',
    path: '/users/:name',
    role: 'admin',
    status: 204,
    summary: 'Remove a user, with their tokens',
    params: ofUser,
    run: async ({ params: { name } }, { access }) => emptied(ofAnswer(await access.removeUser(name))),
  }),
  route({
    method: 'GET',
    path: '/tokens',
    role: 'viewer',
    summary: 'Your tokens; as an admin, all',
    answer: z.object({ tokens: z.array(token) }),
    run: async (_asked, { access }, who) => json({ tokens: [...(await access.tokens(who.role === 'admin' ? undefined : who.user))] }),
  }),
  route({
    method: 'POST',
    path: '/tokens',
    role: 'viewer',
    summary: 'A new token of yours; its secret is told this once. Made with a token, it ends with that at the latest',
    body: newToken,
    answer: issuedToken,
    status: 201,
    run: async ({ body: { label, role = undefined, days } }, { access }, who) => {
      if (role !== undefined && !atLeast(who.role, role)) return forbidden(`you are ${who.role} here: a token of yours cannot be ${role}`)
      return ofAnswer(await access.issueToken(who.user, label, role ?? who.role, days, who))
    },
  }),
  route({
    method: 'DELETE',
    path: '/tokens/:id',
    role: 'viewer',
    status: 204,
    summary: 'Revoke a token of yours; as an admin, any',
    params: z.strictObject({ id: z.string().regex(/^[\w-]{1,64}$/, 'is no id of a token') }),
    run: async ({ params: { id } }, { access }, who) => emptied(ofAnswer(await access.revokeToken(id, who))),
  }),
  route({
    method: 'GET',
    path: '/audit',
    role: 'admin',
    summary: 'What was done through API and page, newest first, and whether the log is as it was written',
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      before: z.coerce.number().int().min(1).optional(),
    }),
    answer: audit,
    run: async ({ query: { limit, before } }, { access }) => json(await access.auditTrail(limit, before)),
  }),
]

function forbidden(reason: string): Reply<never> {
  return { kind: 'refused', status: 403, reason }
}

/** Whether the credential is good for less than its user is. */
async function isLimited(who: Identified, access: Access): Promise<boolean> {
  return (await access.users()).some(({ name, role }) => name === who.user && role !== who.role)
}
