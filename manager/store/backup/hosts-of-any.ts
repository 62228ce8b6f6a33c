// Hosts in data of whatever schema: of the one that is replaced, and of the backup in its place, which the next start brings up to date.
// Before migrations/presence.ts a host was one word; since then it is the four that are read of it here.
import type { Kysely } from 'kysely'
import { type HostState, stateOf } from '../../protocol/host.ts'
import type { Transaction } from '../database.ts'
import { conditionOf, type OldHosts } from '../migrations/presence.ts'
import type { HostsTable, Tables } from '../schema.ts'
import { conditionIn } from '../tables/hosts.ts'

/** `state`: the word, whether it stands there or is derived. The columns that its schema lacks are left out. */
export type HostRow = HostsTable & { readonly state: HostState }

/** States that take trust away. */
const DISTRUSTED: readonly HostState[] = ['rejected', 'pending', 'fenced']

export function isDistrusted({ state }: Pick<HostRow, 'state'>): boolean {
  return DISTRUSTED.includes(state)
}

export async function hostsIn(db: Kysely<Tables>): Promise<readonly HostRow[]> {
  const columns = await columnsOf(db)
  const rows = await db.withTables<OldHosts>().selectFrom('hosts').selectAll().execute()
  return rows.map((row) => {
    const condition = columns.has('state') ? conditionOf(row.state, row) : conditionIn(row)
    return { ...row, ...condition, state: stateOf(condition) }
  })
}

/** Of a host that is there: as little trusted as this one. */
export async function writeState(db: Transaction, host: HostRow): Promise<void> {
  const columns = await columnsOf(db)
  const { trust, presence, power, proof, state, since } = host
  const set = columns.has('state') ? { state, since } : { trust, presence, power, proof: proof ?? null, since }
  await db.withTables<OldHosts>().updateTable('hosts').set(set).where('id', '=', host.id).execute()
}

/** One that is not there. */
export async function writeHost(db: Transaction, host: HostRow): Promise<void> {
  const columns = await columnsOf(db)
  const known = Object.fromEntries(Object.entries(host).filter(([name]) => columns.has(name)))
  await db
    .insertInto('hosts')
    .values(known as unknown as HostsTable)
    .execute()
}

async function columnsOf(db: Kysely<Tables>): Promise<ReadonlySet<string>> {
  const tables = await db.introspection.getTables()
  const hosts = tables.find(({ name, schema }) => name === 'hosts' && (schema ?? 'public') === 'public')
  return new Set(hosts?.columns.map(({ name }) => name))
}
