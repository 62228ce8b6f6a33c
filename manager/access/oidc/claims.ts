// What the claims of a person say: the name they have here, and what they may do. Pure.
import { type Role, userName } from '../../protocol/accounts.ts'
import type { OidcSettings } from './settings.ts'

export type Claims = Readonly<Record<string, unknown>>

export type Named = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'refused'; readonly reason: string }

export interface GivenRole {
  readonly role: Role
  readonly groups?: readonly string[]
}

/** Lower case, without what follows an @: `Grace@example.org` is grace. */
export function nameIn(claims: Claims, { userClaim, name: issuer }: Pick<OidcSettings, 'userClaim' | 'name'>): Named {
  const claim = userClaim ?? (claimAt(claims, 'preferred_username') === undefined ? 'email' : 'preferred_username')
  const said = claimAt(claims, claim)
  if (typeof said !== 'string' || said === '')
    return refused(
      `${issuer} does not say who you are: its claim ${claim} is missing. An admin sees to that there, or sets manager.oidc.userClaim`,
    )
  if (claim === 'email' && claims.email_verified !== true)
    return refused(`${issuer} has not verified your e-mail address, and so it is no name here: have it verified there`)
  const [name = ''] = said.toLowerCase().split('@')
  if (userName.safeParse(name).success) return { kind: 'name', name }
  return refused(
    `${JSON.stringify(said.slice(0, 64))}, the name that ${issuer} gives you, is none here (1 to 32 of a-z 0-9 _ . -, a letter first). An admin names another claim by manager.oidc.userClaim`,
  )
}

/** By the first rule that fits; undefined: none does. */
export function roleIn(claims: Claims, { roles, defaultRole }: Pick<OidcSettings, 'roles' | 'defaultRole'>): GivenRole | undefined {
  const values = roles ? valuesAt(claims, roles.claim) : []
  const fits = roles?.rules.find(({ value }) => values.includes(value))
  if (fits) return { role: fits.role, ...(fits.groups ? { groups: fits.groups } : {}) }
  return defaultRole === undefined ? undefined : { role: defaultRole }
}

/** Whether the issuer's userinfo is to be asked, too: not all issuers put all of it into the ID token. */
export function lacksClaims(claims: Claims, { userClaim, roles }: Pick<OidcSettings, 'userClaim' | 'roles'>): boolean {
  const hasName =
    userClaim === undefined
      ? claimAt(claims, 'preferred_username') !== undefined || claimAt(claims, 'email') !== undefined
      : claimAt(claims, userClaim) !== undefined
  return !hasName || (roles !== undefined && claimAt(claims, roles.claim) === undefined)
}

/** Of that very name, else by its dots: Keycloak's `realm_access.roles`. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let found: unknown = claims
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = new Map<string, unknown>(Object.entries(found)).get(step)
  }
  return found
}

function valuesAt(claims: Claims, path: string): readonly unknown[] {
  const found = claimAt(claims, path)
  return Array.isArray(found) ? found : [found]
}

const refused = (reason: string): Named => ({ kind: 'refused', reason })
