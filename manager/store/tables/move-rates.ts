// The table move_rates: how fast an automation that moves a guest may go, where somebody has changed that. It goes with its automation.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { MoveRatesTable } from '../schema/guests.ts'
import type { Tables } from '../schema.ts'

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
