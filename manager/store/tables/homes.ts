// The table homes: guests that have left a host that was emptied, until they are there again.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Guests that have left a host that was emptied, and have not come back to it. */
export interface HomesTable {
  guest: string
  /** Id of the host that it left first. */
  host: string
  /** `running`, `stopped`: as it was then. */
  state: string
  left_at: number
  /** The evacuation. */
  automation: string
}

declare module '../schema.ts' {
  interface Tables {
    homes: HomesTable
  }
}

export const homesSteps: Steps = { 18: createHomes }

async function createHomes({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('homes')
    .addColumn('guest', 'text', (column) => column.primaryKey().references('guests.uuid').onDelete('cascade'))
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('left_at', 'bigint', (column) => column.notNull())
    .addColumn('automation', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('homes_by_host').on('homes').column('host').execute()
}

/** One that has left another host before is at home there. */
export async function leaveHome(transaction: Transaction, row: HomesTable): Promise<void> {
  await transaction
    .insertInto('homes')
    .values(row)
    .onConflict((conflict) => conflict.column('guest').doNothing())
    .execute()
}

export async function comeHome(transaction: Transaction, guest: string, host: string): Promise<void> {
  await transaction.deleteFrom('homes').where('guest', '=', guest).where('host', '=', host).execute()
}

/** Of all hosts. */
export async function allHomes(db: Kysely<Tables>): Promise<readonly HomesTable[]> {
  return db.selectFrom('homes').selectAll().orderBy('guest').execute()
}
