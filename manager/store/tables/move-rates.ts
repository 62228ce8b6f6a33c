// The table move_rates: how fast an automation that moves a guest may go, where somebody has changed that. It goes with its automation.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface MoveRatesTable {
  automation: string
  /** A second, of its memory and of each disk; null: as many as the network carries. */
  rate_bytes: number | null
}

declare module '../schema.ts' {
  interface Tables {
    move_rates: MoveRatesTable
  }
}

export const moveRatesSteps: Steps = { 16: createMoveRates }

async function createMoveRates({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('move_rates')
    .addColumn('automation', 'text', (column) => column.primaryKey().references('automations.id').onDelete('cascade'))
    .addColumn('rate_bytes', 'bigint')
    .execute()
}

export async function setMoveRate(transaction: Transaction, row: MoveRatesTable): Promise<void> {
  const { rate_bytes } = row
  await transaction
    .insertInto('move_rates')
    .values(row)
    .onConflict((conflict) => conflict.column('automation').doUpdateSet({ rate_bytes }))
    .execute()
}

/** Undefined: nobody has changed it. */
export async function moveRateOf(db: Kysely<Tables>, automation: string): Promise<MoveRatesTable | undefined> {
  return db.selectFrom('move_rates').selectAll().where('automation', '=', automation).executeTakeFirst()
}
