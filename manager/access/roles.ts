// Roles in their order: each may all that the ones before it may.
import { ROLES, type Role } from '../protocol/accounts.ts'

export function lesser(one: Role, other: Role): Role {
  return atLeast(one, other) ? other : one
}

export function atLeast(held: Role, wanted: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(wanted)
}
