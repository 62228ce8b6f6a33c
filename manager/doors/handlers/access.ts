// Coming in, users, tokens, the audit log. A token may not give more than it has itself: whoever finds one of a viewer's has found a
// viewer's, whoever its user is.
import type { Access, Identified } from '../../access/access.ts'
import { atLeast } from '../../access/roles.ts'
import type { audit, access as coming, tokens, users } from '../../contract/access.ts'
import type { Refused } from '../../outcome.ts'
import { done, type HandlersOf } from './handlers.ts'

export function accessHandlers(access: Access): HandlersOf<typeof coming> {
  return {
    login: ({ user, password, label, days }, { peer }) => access.logIn(user, password, label, days, peer),
    firstAdmin: ({ code, name, password }, { peer }) => access.redeemFirstAdmin(code, name, password, peer),
    whoami: async (_input, { who: { user, role } }) => done({ user, role }),
  }
}

export function userHandlers(access: Access): HandlersOf<typeof users> {
  return {
    list: async () => done({ users: [...(await access.users())] }),
    add: ({ name, password, role }) => access.addUser(name, password, role),
    async change({ name, ...change }, { who }) {
      if (!atLeast(who.role, 'admin')) {
        if (change.role !== undefined) return forbidden('only an admin changes roles')
        if (await isLimited(who, access)) return forbidden(`this token is limited to ${who.role}: change the password with one that is not`)
      }
      return access.changeUser(name, change)
    },
    remove: ({ name }) => access.removeUser(name),
  }
}

export function tokenHandlers(access: Access): HandlersOf<typeof tokens> {
  return {
    list: async (_input, { who }) => done({ tokens: [...(await access.tokens(who.role === 'admin' ? undefined : who.user))] }),
    async issue({ label, role = undefined, days }, { who }) {
      if (role !== undefined && !atLeast(who.role, role)) return forbidden(`you are ${who.role} here: a token of yours cannot be ${role}`)
      return access.issueToken(who.user, label, role ?? who.role, days, who)
    },
    revoke: ({ id }, { who }) => access.revokeToken(id, who),
  }
}

export function auditHandlers(access: Access): HandlersOf<typeof audit> {
  return { list: async ({ limit, before }) => done(await access.auditTrail(limit, before)) }
}

function forbidden(reason: string): Refused {
  return { kind: 'refused', status: 403, reason }
}

/** Whether the credential is good for less than its user is. */
async function isLimited(who: Identified, access: Access): Promise<boolean> {
  return (await access.users()).some(({ name, role }) => name === who.user && role !== who.role)
}
