// The table settings: the manager's epoch.
import { sql } from 'kysely'
import type { Transaction } from './database.ts'

/** Greater than any before it: agents obey only the manager with the greatest that they have heard. */
export async function nextEpoch(transaction: Transaction): Promise<number> {
  const row = await transaction.selectFrom('settings').select('value').where('key', '=', 'epoch').executeTakeFirst()
  const epoch = Number(row?.value ?? 0) + 1
  await transaction
    .insertInto('settings')
    .values({ key: 'epoch', value: String(epoch) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
  return epoch
}
