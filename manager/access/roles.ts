// Roles in their order: each may all that the ones before it may.
import { ROLES, type Role } from '../protocol/accounts.ts'
import { type Grouped, type GroupLimit, isWithin } from '../protocol/group-limit.ts'

export function lesser(one: Role, other: Role): Role {
  return atLeast(one, other) ? other : one
}

export function atLeast(held: Role, wanted: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(wanted)
}

/** Whether a button is shown for it; what is asked for is looked at where it is done. `thing` left out: it is of the whole pool. */
export function mayOn(who: { readonly role: Role; readonly groups?: GroupLimit }, wanted: Role, thing: Grouped = { groups: [] }): boolean {
  return atLeast(who.role, wanted) && isWithin(who.groups, thing)
}
