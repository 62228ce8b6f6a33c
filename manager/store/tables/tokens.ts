// The table tokens: what programs come in with. Only hashes: who reads the database cannot come in by it.
import type { Kysely } from 'kysely'
import { type Role, role as roleSchema, type Token } from '../../protocol/accounts.ts'
import type { GroupLimit } from '../../protocol/group-limit.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'
import { limitOf } from './users.ts'

/** API tokens. The secret is held by whoever it was issued to, and nowhere here. */
export interface TokensTable {
  id: string
  user: string
  label: string
  /** At most this, and never more than the user's own. */
  role: string
  /** As of users, and never more than the user's own. */
  limited_to: string | null
  /** SHA-256 of the secret, hexadecimal. */
  hash: string
  created: number
  expires: number
  last_used: number | null
  /** Id of the token that it was made with: it goes when that goes. */
  parent: string | null
}

declare module '../schema.ts' {
  interface Tables {
    tokens: TokensTable
  }
}

export const tokensSteps: Steps = { 2: createTokens, 7: addParents }

async function createTokens({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user', 'text', (column) => column.notNull().references('users.name').onDelete('cascade'))
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('last_used', 'bigint')
    .execute()
  await schema.createIndex('tokens_by_user').on('tokens').column('user').execute()
}

/** No reference: a backup's rows come in any order. */
async function addParents({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('tokens').addColumn('parent', 'text').execute()
}

/** `parent`: id of the token that it was made with. */
export type NewToken = Omit<Token, 'lastUsed'> & { readonly hash: string; readonly parent?: string }

export async function saveToken(transaction: Transaction, { groups, ...token }: NewToken): Promise<void> {
  await transaction
    .insertInto('tokens')
    .values({ ...token, limited_to: groups ? JSON.stringify(groups) : null, last_used: null })
    .execute()
}

export type HeldToken = Token & { readonly userRole: Role; readonly userGroups: GroupLimit; readonly issuer: string | undefined }

/** With the role, and the limit, that its user has now. */
export async function tokenByHash(db: Kysely<Tables>, hash: string): Promise<HeldToken | undefined> {
  const row = await db
    .selectFrom('tokens')
    .innerJoin('users', 'users.name', 'tokens.user')
    .selectAll('tokens')
    .select(['users.role as user_role', 'users.limited_to as user_limit', 'users.issuer as user_issuer'])
    .where('tokens.hash', '=', hash)
    .executeTakeFirst()
  return (
    row && {
      ...tokenOf(row),
      userRole: roleSchema.parse(row.user_role),
      userGroups: limitOf(row.user_limit).groups,
      issuer: row.user_issuer ?? undefined,
    }
  )
}

export async function tokenById(db: Kysely<Tables>, id: string): Promise<Token | undefined> {
  const row = await db.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirst()
  return row && tokenOf(row)
}

/** Of one user, or of all; oldest first. */
export async function tokensOf(db: Kysely<Tables>, user?: string): Promise<readonly Token[]> {
  const all = db.selectFrom('tokens').selectAll().orderBy('created').orderBy('id')
  const rows = await (user === undefined ? all : all.where('user', '=', user)).execute()
  return rows.map(tokenOf)
}

export async function usedToken(transaction: Transaction, id: string, at: number, unlessAfter: number): Promise<void> {
  await transaction
    .updateTable('tokens')
    .set({ last_used: at })
    .where('id', '=', id)
    .where(({ eb, or }) => or([eb('last_used', 'is', null), eb('last_used', '<=', unlessAfter)]))
    .execute()
}

/** With those that were made with it, and with those. */
export async function deleteToken(transaction: Transaction, id: string): Promise<void> {
  const made = await transaction.selectFrom('tokens').select('id').where('parent', '=', id).execute()
  await transaction.deleteFrom('tokens').where('id', '=', id).execute()
  for (const child of made) await deleteToken(transaction, child.id)
}

export async function deleteTokensOf(transaction: Transaction, user: string): Promise<void> {
  await transaction.deleteFrom('tokens').where('user', '=', user).execute()
}

export async function forgetTokens(transaction: Transaction, expiredBefore: number): Promise<void> {
  await transaction.deleteFrom('tokens').where('expires', '<', expiredBefore).execute()
}

function tokenOf({ id, user, label, role, limited_to, created, expires, last_used }: TokensTable): Token {
  const used = last_used === null ? {} : { lastUsed: last_used }
  return { id, user, label, role: roleSchema.parse(role), ...limitOf(limited_to), created, expires, ...used }
}
