// The table homes: guests that have left a host that was emptied, until they are there again.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { HomesTable } from '../schema/guests.ts'
import type { Tables } from '../schema.ts'

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
