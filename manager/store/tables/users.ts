// The table users: who may sign in, as what.
import type { Kysely } from 'kysely'
import { type Role, role as roleSchema, type User } from '../../protocol/accounts.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface UsersTable {
  name: string
  role: string
  /** What manager/access/password.ts makes of it. */
  password: string
  created: number
  last_seen: number | null
}

declare module '../schema.ts' {
  interface Tables {
    users: UsersTable
  }
}

export const usersSteps: Steps = { 2: createUsers }

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

export type KnownUser = User & { readonly passwordHash: string }

export async function allUsers(db: Kysely<Tables>): Promise<readonly User[]> {
  const rows = await db.selectFrom('users').selectAll().orderBy('name').execute()
  return rows.map((row) => userOf(row))
}

export async function userByName(db: Kysely<Tables>, name: string): Promise<KnownUser | undefined> {
  const row = await db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst()
  return row && { ...userOf(row), passwordHash: row.password }
}

export async function countUsers(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

export async function isLastAdmin(transaction: Transaction, name: string): Promise<boolean> {
  const admins = await transaction.selectFrom('users').select('name').where('role', '=', 'admin').limit(2).execute()
  return admins.length === 1 && admins[0]?.name === name
}

/** Rejects when the name is taken. */
export async function saveUser(transaction: Transaction, name: string, role: Role, password: string, created: number): Promise<User> {
  await transaction.insertInto('users').values({ name, role, password, created, last_seen: null }).execute()
  return { name, role, created }
}

export async function updateUser(
  transaction: Transaction,
  name: string,
  set: { readonly role?: Role; readonly password?: string },
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

function userOf({ name, role, created, last_seen }: UsersTable): User {
  return { name, role: roleSchema.parse(role), created, ...(last_seen === null ? {} : { lastSeen: last_seen }) }
}
