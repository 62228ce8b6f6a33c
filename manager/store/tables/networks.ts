// The table networks: what guests attach to, by name.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface NetworksTable {
  name: string
  bridge: string
  /** JSON, id of a host → bridge, where a host has it by another name. */
  bridges: string
  vlan: number | null
  mtu: number | null
  created: number
  created_by: string
}

declare module '../schema.ts' {
  interface Tables {
    networks: NetworksTable
  }
}

export const networksSteps: Steps = { 10: createNetworks, 11: addBootNetwork }

async function createNetworks({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('networks')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('bridge', 'text', (column) => column.notNull())
    .addColumn('bridges', 'text', (column) => column.notNull())
    .addColumn('vlan', 'integer')
    .addColumn('mtu', 'integer')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .execute()
}

/** The bridge over the NIC that a host has booted from is there on each of them, by this name. */
async function addBootNetwork(db: Kysely<Tables>): Promise<void> {
  const row = { name: 'lan', bridge: 'xenbr0', bridges: '{}', vlan: null, mtu: null, created: 0, created_by: 'hostless' }
  await db.insertInto('networks').values(row).execute()
}

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
