// The table networks: what guests attach to, by name.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { NetworksTable } from '../schema/guests.ts'
import type { Tables } from '../schema.ts'

export async function allNetworks(db: Kysely<Tables>): Promise<readonly NetworksTable[]> {
  return db.selectFrom('networks').selectAll().orderBy('name').execute()
}

export async function networkOf(db: Kysely<Tables>, name: string): Promise<NetworksTable | undefined> {
  return db.selectFrom('networks').selectAll().where('name', '=', name).executeTakeFirst()
}

export async function addNetwork(transaction: Transaction, row: NetworksTable): Promise<void> {
  await transaction.insertInto('networks').values(row).execute()
}

export async function removeNetwork(transaction: Transaction, name: string): Promise<void> {
  await transaction.deleteFrom('networks').where('name', '=', name).execute()
}
