// The table users: who may sign in, as what.
import type { Kysely } from 'kysely'
import { z } from 'zod'
import { type Role, role as roleSchema, type User } from '../../protocol/accounts.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface UsersTable {
  name: string
  role: string
  /** What manager/access/password.ts makes of it; empty where an issuer vouches. */
  password: string
  created: number
  /** JSON, names of groups; null: the whole pool. */
  limited_to: string | null
  last_seen: number | null
  /** Who vouches for them: its URL, and what it calls them. Null: a local user. */
  issuer: string | null
  subject: string | null
}

declare module '../schema.ts' {
  interface Tables {
    users: UsersTable
  }
}

export const usersSteps: Steps = { 2: createUsers, 25: addLimits, 27: addIssuers }

async function createUsers({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('users')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('password', 'text', (column) => column.notNull())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('last_seen', 'bigint')
    .execute()
}

/** Of tokens, too: what a token is limited to is no more than its user. */
async function addLimits({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('users').addColumn('limited_to', 'text').execute()
  await schema.alterTable('tokens').addColumn('limited_to', 'text').execute()
}

async function addIssuers({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('users').addColumn('issuer', 'text').execute()
  await schema.alterTable('users').addColumn('subject', 'text').execute()
  await schema.createIndex('users_by_identity').unique().on('users').columns(['issuer', 'subject']).execute()
}

export type KnownUser = User & { readonly passwordHash: string }

export async function allUsers(db: Kysely<Tables>): Promise<readonly User[]> {
  const rows = await db.selectFrom('users').selectAll().orderBy('name').execute()
  return rows.map((row) => userOf(row))
}

export async function userByName(db: Kysely<Tables>, name: string): Promise<KnownUser | undefined> {
  const row = await db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
  return row && { ...userOf(row), passwordHash: row.password }
}

/** Of whom an issuer vouches for. */
export async function userByIdentity(
  db: Kysely<Tables>,
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
): Promise<User | undefined> {
  const row = await db.selectFrom('users').selectAll().where('issuer', '=', issuer).where('subject', '=', subject).executeTakeFirst()
  return row && userOf(row)
}

/** With a password here. */
export async function countLocalUsers(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('issuer', 'is', null)
    .executeTakeFirstOrThrow()
  return count
}

/** Of the whole pool, and local: where the issuer is gone, somebody can still come in. */
export async function isLastAdmin(transaction: Transaction, name: string): Promise<boolean> {
  const admins = await transaction
    .selectFrom('users')
    .select('name')
    .where('role', '=', 'admin')
    .where('limited_to', 'is', null)
    .where('issuer', 'is', null)
    .limit(2)
    .execute()
  return admins.length === 1 && admins[0]?.name === name
}

/** Rejects when the name is taken. `by`: what a local user shows, or what the issuer calls who has none. */
export async function saveUser(
  transaction: Transaction,
  user: Omit<User, 'lastSeen' | 'secondFactor'>,
  by: { readonly password: string } | { readonly subject: string },
): Promise<User> {
  const { groups, issuer = null, ...row } = user
  const shown = { password: '', subject: null, ...by }
  await transaction
    .insertInto('users')
    .values({ ...row, ...shown, issuer, limited_to: limitAsText(groups), last_seen: null })
    .execute()
  return user
}

export async function updateUser(
  transaction: Transaction,
  name: string,
  set: { readonly role?: Role; readonly password?: string; readonly limited_to?: string | null },
): Promise<void> {
  if (Object.keys(set).length > 0) await transaction.updateTable('users').set(set).where('name', '=', name).execute()
}

/** Tokens and sessions go with the user. */
export async function deleteUser(transaction: Transaction, name: string): Promise<void> {
  await transaction.deleteFrom('users').where('name', '=', name).execute()
}

export async function sawUser(transaction: Transaction, name: string, at: number): Promise<void> {
  await transaction.updateTable('users').set({ last_seen: at }).where('name', '=', name).execute()
}

/** Into `limited_to`. */
export function limitAsText(groups: readonly string[] | undefined): string | null {
  return groups ? JSON.stringify(groups) : null
}

/** As `limited_to` is written. */
export function limitOf(text: string | null): { readonly groups?: string[] } {
  return text === null ? {} : { groups: z.array(z.string()).parse(JSON.parse(text)) }
}

function userOf({ name, role, created, limited_to, last_seen, issuer }: UsersTable): User {
  const seen = last_seen === null ? {} : { lastSeen: last_seen }
  return { name, role: roleSchema.parse(role), ...limitOf(limited_to), ...(issuer === null ? {} : { issuer }), created, ...seen }
}
