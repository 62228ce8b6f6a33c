// Whose account a person of the issuer has here: by issuer and subject, never by a name alone, which anybody may give themselves there. Pure.
import type { Refusal } from '../access.ts'

/** Of a user that is there; without an issuer it is a local one. */
export interface Account {
  readonly name: string
  readonly issuer?: string | undefined
}

export type Whose =
  | { readonly kind: 'known'; readonly name: string }
  /** Nobody has that name. */
  | { readonly kind: 'new'; readonly name: string }
  | Refusal

/** `known`: of that identity; `namesake`: of the name that the issuer gives. `by`: the issuer's name in the config. */
export function whose(wanted: string, known: Account | undefined, namesake: Account | undefined, by: string): Whose {
  // Who was there first keeps the name, however it is changed at the issuer.
  if (known) return { kind: 'known', name: known.name }
  if (!namesake) return { kind: 'new', name: wanted }
  return { kind: 'refused', status: 409, code: 'name-taken', reason: sayTaken(namesake, by) }
}

function sayTaken({ name, issuer }: Account, by: string): string {
  if (issuer === undefined)
    return `there is a local user ${name}, who signs in with a password, and ${by} does not open that account. To come in as ${name} by ${by}, have an admin remove the local user first (hostless user remove ${name})`
  return `the name ${name} is that of another account of ${issuer} here. If that was yours, have an admin remove it (hostless user remove ${name}), and sign in again`
}
