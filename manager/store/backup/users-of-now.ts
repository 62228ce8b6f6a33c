// What users may do less, or have to show more, than when a backup was made: it stays so when that is restored. Who was removed is removed;
// of passwords, second factors and recovery codes those of now count; of roles and limits the lesser one. Who has an issuer's word
// is the same person by what that calls them, not by a name.
import type { Kysely } from 'kysely'
import { lesser } from '../../access/roles.ts'
import { role as roleSchema } from '../../protocol/accounts.ts'
import type { Transaction } from '../database.ts'
import type { Tables } from '../schema.ts'
import { type RecoveryCodesTable, removeSecondFactor, type SecondFactorsTable } from '../tables/second-factors.ts'
import { limitOf, type UsersTable } from '../tables/users.ts'

export interface UsersOfNow {
  readonly users: readonly UsersTable[]
  /** That count. */
  readonly factors: readonly SecondFactorsTable[]
  readonly codes: readonly RecoveryCodesTable[]
}

/** The secret of a user's second factor, sealed by the keys of the backup. Undefined: it cannot be opened here. */
export type Reseal = (user: string, sealed: string) => string | undefined

/** `hasFactors`: its schema knows of them. */
export async function usersOfNow(db: Kysely<Tables>, hasFactors: boolean): Promise<UsersOfNow> {
  return {
    users: await db.selectFrom('users').selectAll().execute(),
    factors: hasFactors ? await db.selectFrom('second_factors').selectAll().where('confirmed', 'is not', null).execute() : [],
    codes: hasFactors ? await db.selectFrom('recovery_codes').selectAll().execute() : [],
  }
}

/** What a backup with such a schema and these users has no place for, in words; undefined: it has a place for all. */
export function homeless({ users, factors }: UsersOfNow, version: number, known: ReadonlySet<string>): string | undefined {
  const local = users.filter(({ issuer }) => (issuer ?? null) === null)
  const limitedNow = (version < ISSUERS_SINCE ? local : users)
    .filter(({ limited_to }) => (limited_to ?? null) !== null)
    .map(({ name }) => name)
  const limited = version < LIMITS_SINCE ? limitedNow.filter((name) => known.has(name)) : []
  const proved = version < FACTORS_SINCE ? factors.map(({ user }) => user).filter((name) => known.has(name)) : []
  const parts = [
    ...(limited.length > 0 ? [`that ${sayNames(limited)} may act on some groups alone`] : []),
    ...(proved.length > 0 ? [`the second factor of ${sayNames(proved)}`] : []),
  ]
  return parts.length > 0 ? parts.join(', and ') : undefined
}

/** Steps of the database (tables/users.ts, tables/second-factors.ts). */
const LIMITS_SINCE = 25
const FACTORS_SINCE = 26
const ISSUERS_SINCE = 27

/** In the rows of a backup; says what that changed. */
export async function lessenUsers(db: Transaction, now: UsersOfNow, reseal: Reseal): Promise<readonly string[]> {
  const said: string[] = []
  for (const user of await db.selectFrom('users').selectAll().execute()) {
    const { name } = user
    const present = now.users.find((one) => one.name === name && isSamePerson(one, user))
    if (!present) {
      await db.deleteFrom('tokens').where('user', '=', name).execute()
      await db.deleteFrom('users').where('name', '=', name).execute()
      said.push(`user ${name} is removed`)
      continue
    }
    if (await lessen(db, user, present)) said.push(`user ${name} has the password and at most the role of now`)
    if (await limit(db, user, present)) said.push(`user ${name} may act on the groups of now alone`)
  }
  return [...said, ...(await keepFactors(db, now, reseal))]
}

/** A name that is another's now, of another issuer or none, was removed between. Rows of an older schema are all of local users. */
function isSamePerson(one: UsersTable, other: UsersTable): boolean {
  return (one.issuer ?? null) === (other.issuer ?? null) && (one.subject ?? null) === (other.subject ?? null)
}

async function lessen(db: Transaction, { name, role, password }: UsersTable, now: UsersTable): Promise<boolean> {
  const least = lesser(roleSchema.parse(role), roleSchema.parse(now.role))
  if (least === role && now.password === password) return false
  await db.updateTable('users').set({ role: least, password: now.password }).where('name', '=', name).execute()
  return true
}

/** Rows of an older schema have no limits. */
async function limit(db: Transaction, user: UsersTable, now: UsersTable): Promise<boolean> {
  const [before, after] = [user, now].map(({ limited_to }) => limitOf(limited_to ?? null).groups)
  if (after === undefined || !('limited_to' in user)) return false
  const both = before ? after.filter((group) => before.includes(group)) : after
  const limited_to = JSON.stringify(both.length > 0 ? both : after)
  if (limited_to === user.limited_to) return false
  await db.updateTable('users').set({ limited_to }).where('name', '=', user.name).execute()
  return true
}

/** With the codes that are left of now: one that was used lets nobody in a second time. */
async function keepFactors(db: Transaction, { factors, codes }: UsersOfNow, reseal: Reseal): Promise<readonly string[]> {
  const tables = new Set((await db.introspection.getTables()).map(({ name }) => name))
  if (!tables.has('second_factors')) return []
  const said: string[] = []
  for (const factor of factors) {
    const { user } = factor
    if (!(await db.selectFrom('users').select('name').where('name', '=', user).executeTakeFirst())) continue
    const sealed = reseal(user, factor.sealed)
    if (sealed === undefined) {
      said.push(`user ${user} has the second factor of the backup, if any: that of now cannot be opened with the keys that are here`)
      continue
    }
    await removeSecondFactor(db, user)
    await db
      .insertInto('second_factors')
      .values({ ...factor, sealed })
      .execute()
    const own = codes.filter((code) => code.user === user)
    if (own.length > 0) await db.insertInto('recovery_codes').values(own).execute()
    said.push(`user ${user} has the second factor of now`)
  }
  return said
}

function sayNames(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => JSON.stringify(name).slice(0, 80))
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} others` : shown.join(', ')
}
