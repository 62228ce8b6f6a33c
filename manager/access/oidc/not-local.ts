// What is only of users with a password here, asked for of one who comes in by an issuer: refused, with what to do instead.
import type { Refusal } from '../access.ts'

/** A token of such a user holds no longer, ms: the issuer is not asked when it is used, and who left there must not come in here for ever. */
export const TOKEN_LIFE = 30 * 24 * 3600_000

export interface FromIssuer {
  readonly name: string
  /** Left out: a local user. */
  readonly issuer?: string | undefined
}

/** Undefined for a local user. */
export function noPassword({ name, issuer }: FromIssuer): Refusal | undefined {
  if (issuer === undefined) return undefined
  return refused(
    `user ${name} comes in by ${issuer} and has no password and no second factor here: both are set there. For the command line ${name} makes a token on the page (Account), and says it by HOSTLESS_TOKEN`,
  )
}

/** Role and groups, which are set anew at each sign-in. */
export function notSetHere({ name, issuer }: FromIssuer): Refusal | undefined {
  if (issuer === undefined) return undefined
  return refused(
    `user ${name} comes in by ${issuer}, and role and groups follow from what that says at each sign-in: change them there, or the rules in manager.oidc.roles of the config`,
  )
}

const refused = (reason: string): Refusal => ({ kind: 'refused', status: 409, code: 'not-local', reason })
