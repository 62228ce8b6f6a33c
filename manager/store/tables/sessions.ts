// The table sessions: who is signed in on the web page, until they sign out or have been idle for too long.
import type { Kysely } from 'kysely'
import { type Role, role as roleSchema } from '../../protocol/accounts.ts'
import type { GroupLimit } from '../../protocol/group-limit.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'
import { limitOf } from './users.ts'

/** Those who are signed in on the web page. */
export interface SessionsTable {
  id: string
  user: string
  /** SHA-256 of what the cookie holds, hexadecimal. */
  hash: string
  created: number
  last_used: number
}

declare module '../schema.ts' {
  interface Tables {
    sessions: SessionsTable
  }
}

export const sessionsSteps: Steps = { 2: createSessions }

async function createSessions({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user', 'text', (column) => column.notNull().references('users.name').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('last_used', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('sessions_by_user').on('sessions').column('user').execute()
}

export interface KnownSession {
  readonly id: string
  readonly user: string
  /** That its user has now. */
  readonly role: Role
  readonly groups: GroupLimit
  /** Of who is no local user. */
  readonly issuer: string | undefined
  readonly created: number
  readonly lastUsed: number
}

/** Of one user: signing in again and again ends the oldest. */
const MOST_SESSIONS = 100

export async function saveSession(transaction: Transaction, session: Readonly<SessionsTable>): Promise<void> {
  await transaction.insertInto('sessions').values(session).execute()
  await transaction
    .deleteFrom('sessions')
    .where('user', '=', session.user)
    .where('id', 'not in', (open) =>
      open
        .selectFrom('sessions')
        .select('id')
        .where('user', '=', session.user)
        .orderBy('created', 'desc')
        .orderBy('id')
        .limit(MOST_SESSIONS),
    )
    .execute()
}

export async function sessionByHash(db: Kysely<Tables>, hash: string): Promise<KnownSession | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.name', 'sessions.user')
    .select(['sessions.id', 'sessions.user', 'sessions.created', 'sessions.last_used', 'users.role', 'users.limited_to', 'users.issuer'])
    .where('sessions.hash', '=', hash)
    .executeTakeFirst()
  if (!row) return undefined
  const { id, user, created, last_used: lastUsed } = row
  return {
    id,
    user,
    role: roleSchema.parse(row.role),
    groups: limitOf(row.limited_to).groups,
    issuer: row.issuer ?? undefined,
    created,
    lastUsed,
  }
}

export async function usedSession(transaction: Transaction, id: string, at: number): Promise<void> {
  await transaction.updateTable('sessions').set({ last_used: at }).where('id', '=', id).execute()
}

export async function deleteSession(transaction: Transaction, hash: string): Promise<void> {
  await transaction.deleteFrom('sessions').where('hash', '=', hash).execute()
}

export async function deleteSessionsOf(transaction: Transaction, user: string): Promise<void> {
  await transaction.deleteFrom('sessions').where('user', '=', user).execute()
}

export async function forgetSessions(transaction: Transaction, idleSince: number): Promise<void> {
  await transaction.deleteFrom('sessions').where('last_used', '<', idleSince).execute()
}
