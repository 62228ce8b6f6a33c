// The tables second_factors and recovery_codes: what users show beside their password.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface SecondFactorsTable {
  user: string
  /** By store/keys/sealing.ts. */
  sealed: string
  /** Null: begun, and it does not count yet. */
  confirmed: number | null
  /** Of the code that was used last: no earlier one is taken any more. */
  last_step: number | null
}

/** Those that are not used yet. */
export interface RecoveryCodesTable {
  user: string
  /** SHA-256, hexadecimal. */
  hash: string
}

declare module '../schema.ts' {
  interface Tables {
    second_factors: SecondFactorsTable
    recovery_codes: RecoveryCodesTable
  }
}

export const secondFactorsSteps: Steps = { 26: createSecondFactors }

async function createSecondFactors({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('second_factors')
    .addColumn('user', 'text', (column) => column.primaryKey().references('users.name').onDelete('cascade'))
    .addColumn('sealed', 'text', (column) => column.notNull())
    .addColumn('confirmed', 'bigint')
    .addColumn('last_step', 'bigint')
    .execute()
  await schema
    .createTable('recovery_codes')
    .addColumn('user', 'text', (column) => column.notNull().references('users.name').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['user', 'hash'])
    .execute()
}

/** What its secret is sealed for. */
export function aboutFactorOf(user: string): string {
  return `second factor of ${user}`
}

export async function secondFactorOf(db: Kysely<Tables>, user: string): Promise<SecondFactorsTable | undefined> {
  return db.selectFrom('second_factors').selectAll().where('user', '=', user).executeTakeFirst()
}

/** Names of those who have one that counts. */
export async function usersWithFactor(db: Kysely<Tables>): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('second_factors').select('user').where('confirmed', 'is not', null).execute()
  return new Set(rows.map(({ user }) => user))
}

/** In the place of one that was begun. */
export async function saveSecondFactor(transaction: Transaction, user: string, sealed: string): Promise<void> {
  await removeSecondFactor(transaction, user)
  await transaction.insertInto('second_factors').values({ user, sealed, confirmed: null, last_step: null }).execute()
}

export async function confirmSecondFactor(transaction: Transaction, user: string, at: number, hashes: readonly string[]): Promise<void> {
  await transaction.updateTable('second_factors').set({ confirmed: at }).where('user', '=', user).execute()
  await transaction
    .insertInto('recovery_codes')
    .values(hashes.map((hash) => ({ user, hash })))
    .execute()
}

export async function usedStep(transaction: Transaction, user: string, step: number): Promise<void> {
  await transaction.updateTable('second_factors').set({ last_step: step }).where('user', '=', user).execute()
}

/** False: there is no such code, or it was used. */
export async function spendRecoveryCode(transaction: Transaction, user: string, hash: string): Promise<boolean> {
  const { numDeletedRows } = await transaction
    .deleteFrom('recovery_codes')
    .where('user', '=', user)
    .where('hash', '=', hash)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

export async function recoveryCodesLeft(db: Kysely<Tables>, user: string): Promise<number> {
  return (await db.selectFrom('recovery_codes').select('hash').where('user', '=', user).execute()).length
}

/** False: there was none. */
export async function removeSecondFactor(transaction: Transaction, user: string): Promise<boolean> {
  await transaction.deleteFrom('recovery_codes').where('user', '=', user).execute()
  const { numDeletedRows } = await transaction.deleteFrom('second_factors').where('user', '=', user).executeTakeFirst()
  return numDeletedRows > 0n
}
