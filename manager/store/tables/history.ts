// The table history: what happened to a host, when, and by whom. Never changed, never removed with its host.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Append only: every change of a host, who made it, and what it was. */
export interface HistoryTable {
  seq: number
  host: string
  at: number
  who: string
  what: string
}

declare module '../schema.ts' {
  interface Tables {
    history: HistoryTable
  }
}

export const historySteps: Steps = { 1: createHistory }

async function createHistory({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('history')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('what', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('history_by_host').on('history').columns(['host', 'seq']).execute()
}

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
