// The table attempts: boot attempts as the appliances tell them, each with the hash of a token that is spent once.
import { type Kysely, sql } from 'kysely'
import type { AttemptRecord } from '../../protocol/appliance.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Boot attempts whose one-time token an agent may spend, as the appliances tell them. */
export interface AttemptsTable {
  id: string
  mac: string
  uuid: string | null
  address: string
  /** SHA-256, hexadecimal. */
  token_hash: string
  expires: number
  spent: number | null
  /** SHA-256 of the public key that it was spent for, hexadecimal: the same agent may ask again, when the answer was lost. */
  spent_for: string | null
}

declare module '../schema.ts' {
  interface Tables {
    attempts: AttemptsTable
  }
}

export const attemptsSteps: Steps = { 1: createAttempts }

async function createAttempts({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('attempts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('uuid', 'text')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('spent', 'bigint')
    .addColumn('spent_for', 'text')
    .execute()
}

export type KnownAttempt = Readonly<AttemptsTable>

/**
 * A new token for the same attempt (the firmware asked for its script again) takes the place of the one before, unless that is
 * spent. False when the token was known: its appliance did not hear the answer.
 */
export async function saveAttempt(transaction: Transaction, attempt: AttemptRecord): Promise<boolean> {
  const { id, mac, address, tokenHash, expires, uuid } = attempt
  const known = await attemptById(transaction, id)
  await transaction
    .insertInto('attempts')
    .values({ id, mac, uuid: uuid ?? null, address, token_hash: tokenHash, expires, spent: null, spent_for: null })
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet({
          uuid: sql<string | null>`excluded.uuid`,
          address: sql<string>`excluded.address`,
          token_hash: sql<string>`excluded.token_hash`,
          expires: sql<number>`excluded.expires`,
        })
        .where('attempts.spent', 'is', null)
        .where('attempts.mac', '=', mac),
    )
    .execute()
  return known?.token_hash !== tokenHash
}

export async function attemptById(db: Kysely<Tables>, id: string): Promise<KnownAttempt | undefined> {
  return db.selectFrom('attempts').selectAll().where('id', '=', id).executeTakeFirst()
}

/** False when it was spent before: of two that come at once, one gets true. */
export async function spendToken(transaction: Transaction, id: string, at: number, keyHash: string): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('attempts')
    .set({ spent: at, spent_for: keyHash })
    .where('id', '=', id)
    .where('spent', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Attempts that can enrol nobody any more; the one that a host runs by may still be asked for anew. */
export async function forgetAttempts(transaction: Transaction, expiredBefore: number): Promise<void> {
  await transaction
    .deleteFrom('attempts')
    .where('expires', '<', expiredBefore)
    .where('id', 'not in', (from) =>
      from.selectFrom('hosts').select('attempt').where('attempt', 'is not', null).$castTo<{ attempt: string }>(),
    )
    .execute()
}

/** The MAC of these that was booted from last, as far as appliances have told. */
export async function newestAttemptFrom(db: Kysely<Tables>, macs: readonly string[]): Promise<string | undefined> {
  if (macs.length === 0) return undefined
  const row = await db
    .selectFrom('attempts')
    .select('mac')
    .where('mac', 'in', [...macs])
    .orderBy('expires', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.mac
}
