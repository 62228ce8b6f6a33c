// The table appliances: who has told of boots and leases, and when last.
import { type Kysely, sql } from 'kysely'
import type { ApplianceSelf } from '../../protocol/appliance.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Who told of boots and leases. */
export interface AppliancesTable {
  id: string
  address: string
  version: string
  first_seen: number
  last_seen: number
}

declare module '../schema.ts' {
  interface Tables {
    appliances: AppliancesTable
  }
}

export const appliancesSteps: Steps = { 4: createAppliances }

async function createAppliances({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('appliances')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('first_seen', 'bigint', (column) => column.notNull())
    .addColumn('last_seen', 'bigint', (column) => column.notNull())
    .execute()
}

export interface KnownAppliance {
  readonly id: string
  readonly address: string
  readonly version: string
  readonly firstSeen: number
  readonly lastSeen: number
  readonly boots: number
  readonly leases: number
}

export async function sawAppliance(transaction: Transaction, { id, address, version }: ApplianceSelf, at: number): Promise<void> {
  await transaction
    .insertInto('appliances')
    .values({ id, address, version, first_seen: at, last_seen: at })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet({
        address: sql<string>`excluded.address`,
        version: sql<string>`excluded.version`,
        last_seen: sql<number>`excluded.last_seen`,
      }),
    )
    .execute()
}

/** One that is known asks, and says no more of itself than its id. */
export async function heardAppliance(transaction: Transaction, id: string, at: number): Promise<void> {
  await transaction.updateTable('appliances').set({ last_seen: at }).where('id', '=', id).execute()
}

/** Heard of last comes first. */
export async function allAppliances(db: Kysely<Tables>): Promise<readonly KnownAppliance[]> {
  const [rows, boots, leases] = await Promise.all([
    db.selectFrom('appliances').selectAll().orderBy('last_seen', 'desc').execute(),
    db
      .selectFrom('boots')
      .select(['appliance', (select) => select.fn.countAll<number>().as('count')])
      .groupBy('appliance')
      .execute(),
    db
      .selectFrom('leases')
      .select(['appliance', (select) => select.fn.countAll<number>().as('count')])
      .where('kind', 'in', ['bound', 'permanent'])
      .groupBy('appliance')
      .execute(),
  ])
  const countOf = (counts: typeof boots, id: string) => Number(counts.find(({ appliance }) => appliance === id)?.count ?? 0)
  return rows.map(({ id, address, version, first_seen: firstSeen, last_seen: lastSeen }) => {
    return { id, address, version, firstSeen, lastSeen, boots: countOf(boots, id), leases: countOf(leases, id) }
  })
}
