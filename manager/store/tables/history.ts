// The table history: what happened to a host, when, and by whom. Never changed, never removed with its host.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { Tables } from '../schema.ts'

export interface Change {
  readonly at: number
  /** `admin alice`, `agent`, `appliance`, `manager`. */
  readonly who: string
  readonly what: string
}

export async function addHistory(transaction: Transaction, host: string, change: Change): Promise<void> {
  const { at, who, what } = change
  const last = await transaction
    .selectFrom('history')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .executeTakeFirst()
  await transaction
    .insertInto('history')
    .values({ seq: Number(last?.seq ?? 0) + 1, host, at, who, what })
    .execute()
}

/** Newest first. */
export async function historyOf(db: Kysely<Tables>, host: string, limit: number): Promise<readonly Change[]> {
  return db.selectFrom('history').select(['at', 'who', 'what']).where('host', '=', host).orderBy('seq', 'desc').limit(limit).execute()
}
