// Coming in, users, tokens, the audit log. A token may not give more than it has itself: whoever finds one of a viewer's has found a
// viewer's, whoever its user is.
import type { Access, Identified } from '../../access/access.ts'
import { atLeast } from '../../access/roles.ts'
import type { audit, access as coming, tokens, users, WhoAmI } from '../../contract/access.ts'
import type { Refused } from '../../outcome.ts'
import { isNoWider, sayLimit } from '../../protocol/group-limit.ts'
import { done, type HandlersOf } from './handlers.ts'

export function accessHandlers(access: Access): HandlersOf<typeof coming> {
  return {
    login: ({ user, password, ...wanted }, { peer }) => access.logIn(user, password, wanted, peer),
    firstAdmin: ({ code, name, password }, { peer }) => access.redeemFirstAdmin(code, name, password, peer),
    whoami: async (_input, { who: { user, role, groups, issuer, by } }) =>
      done({ user, role, ...(groups ? { groups: [...groups] } : {}), ...(issuer === undefined ? {} : { issuer }), by: credentialOf(by) }),
  }
}

function credentialOf(by: Identified['by']): NonNullable<WhoAmI['by']> {
  const { kind, expires } = by
  return { kind, ...(kind === 'token' ? { id: by.id, label: by.label } : {}), ...(expires === undefined ? {} : { expires }) }
}

export function userHandlers(access: Access): HandlersOf<typeof users> {
  return {
    list: async () => done({ users: [...(await access.users())] }),
    add: ({ name, password, role, groups }) => access.addUser(name, password, role, groups),
    async change({ name, ...change }, { who }) {
      if (!atLeast(who.role, 'admin') || who.groups) {
        if (change.role !== undefined || change.groups !== undefined) return forbidden('only an admin changes roles and groups')
        if (name !== who.user) return forbidden('only an admin of the whole pool changes the passwords of others')
        if (await isLimited(who, access))
          return forbidden(`this token is limited to ${who.role} of ${sayLimit(who.groups)}: change the password with one that is not`)
      }
      return access.changeUser(name, change)
    },
    remove: ({ name }) => access.removeUser(name),
  }
}

export function tokenHandlers(access: Access): HandlersOf<typeof tokens> {
  return {
    list: async (_input, { who }) => done({ tokens: [...(await access.tokens(who.role === 'admin' ? undefined : who.user))] }),
    async issue({ label, role, groups, days }, { who }) {
      if (role !== undefined && !atLeast(who.role, role)) return forbidden(`you are ${who.role} here: a token of yours cannot be ${role}`)
      return access.issueToken(who.user, { label, role: role ?? who.role, groups, days }, who)
    },
    revoke: ({ id }, { who }) => access.revokeToken(id, who),
  }
}

/** `idOf`: of a host that is called so, or has been given this id; sentences of before it was called so have its id alone. */
export function auditHandlers(access: Access, idOf: (host: string) => string | undefined): HandlersOf<typeof audit> {
  return {
    async list({ limit, before, about, ...chosen }) {
      const named = about === undefined ? {} : { about: [...new Set([about, idOf(about) ?? about])] }
      return done(await access.auditTrail(limit, before, { ...chosen, ...named }))
    },
  }
}

function forbidden(reason: string): Refused {
  return { kind: 'refused', status: 403, reason }
}

/** Whether the credential is good for less than its user is. */
async function isLimited(who: Identified, access: Access): Promise<boolean> {
  return (await access.users()).some(({ name, role, groups }) => name === who.user && (role !== who.role || !isNoWider(groups, who.groups)))
}
