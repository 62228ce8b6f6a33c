// The forward steps of the manager's schema, in SQL that SQLite and PostgreSQL both take. Append only: a step that has run
// anywhere is never edited; its place in the list is the version.
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema.ts'
import { automations } from './automations.ts'
import { claims } from './claims.ts'
import { cordons } from './cordons.ts'
import { bootNetwork, guestCpus, guests } from './guests.ts'
import { identities, tokenParents } from './identity.ts'
import { measures } from './measures.ts'
import { homes, moveHistory, moveRates, savedBytes } from './moves.ts'
import { presence } from './presence.ts'
import { scans, site } from './site.ts'
import { kernels, vmImages } from './vm-images.ts'

/** One step, within the transaction that also writes the version. */
export type Migration = (db: Kysely<Tables>) => Promise<void>

export const MIGRATIONS: readonly Migration[] = [
  first,
  second,
  site,
  appliances,
  scans,
  identities,
  tokenParents,
  claims,
  automations,
  guests,
  bootNetwork,
  vmImages,
  cordons,
  guestCpus,
  measures,
  moveRates,
  moveHistory,
  homes,
  savedBytes,
  kernels,
  presence,
]

async function first(db: Kysely<Tables>): Promise<void> {
  const { schema } = db
  await schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('hosts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('uuid', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('notes', 'text', (column) => column.notNull())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('attempt', 'text')
    .execute()
  await schema.createIndex('hosts_by_uuid').on('hosts').column('uuid').execute()
  await schema
    .createTable('host_macs')
    .addColumn('mac', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('boot', 'integer', (column) => column.notNull())
    .execute()
  await schema.createIndex('host_macs_by_host').on('host_macs').column('host').execute()
  await schema
    .createTable('history')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('what', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('history_by_host').on('history').columns(['host', 'seq']).execute()
  await schema
    .createTable('inventories')
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('section', 'text', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('inventories_key', ['host', 'section'])
    .execute()
  await schema
    .createTable('revisions')
    .addColumn('host', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('attempts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('uuid', 'text')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('token_hash', 'text', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('spent', 'bigint')
    .addColumn('spent_for', 'text')
    .execute()
  await schema
    .createTable('certificates')
    .addColumn('fingerprint', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('attempt', 'text', (column) => column.notNull())
    .addColumn('issued', 'bigint', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('revoked', 'bigint')
    .addColumn('reason', 'text')
    .execute()
  await schema.createIndex('certificates_by_host').on('certificates').column('host').execute()
  await schema
    .createTable('alarms')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('host', 'text')
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('raised', 'bigint', (column) => column.notNull())
    .addColumn('last', 'bigint', (column) => column.notNull())
    .addColumn('times', 'bigint', (column) => column.notNull())
    .addColumn('cleared', 'bigint')
    .addColumn('cleared_by', 'text')
    .execute()
}

/** Who may come in. */
async function second(db: Kysely<Tables>): Promise<void> {
  const { schema } = db
  await schema
    .createTable('users')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('password', 'text', (column) => column.notNull())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('last_seen', 'bigint')
    .execute()
  await schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user', 'text', (column) => column.notNull().references('users.name').onDelete('cascade'))
    .addColumn('label', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('expires', 'bigint', (column) => column.notNull())
    .addColumn('last_used', 'bigint')
    .execute()
  await schema.createIndex('tokens_by_user').on('tokens').column('user').execute()
  await schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user', 'text', (column) => column.notNull().references('users.name').onDelete('cascade'))
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('last_used', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('sessions_by_user').on('sessions').column('user').execute()
  await schema
    .createTable('audit')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('peer', 'text', (column) => column.notNull())
    .addColumn('what', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
}

async function appliances({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('appliances')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('first_seen', 'bigint', (column) => column.notNull())
    .addColumn('last_seen', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('boots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('appliance', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('started', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('image', 'text')
    .addColumn('generation', 'text')
    .addColumn('json', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('boots_by_mac').on('boots').columns(['mac', 'started']).execute()
  await schema.createIndex('boots_by_start').on('boots').column('started').execute()
  await schema
    .createTable('leases')
    .addColumn('appliance', 'text', (column) => column.notNull())
    .addColumn('number', 'bigint', (column) => column.notNull())
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('mac', 'text')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('expires', 'bigint')
    .addPrimaryKeyConstraint('leases_key', ['appliance', 'number'])
    .execute()
  await schema
    .createTable('boot_settings')
    .addColumn('host', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('image', 'text')
    .addColumn('root', 'text')
    .execute()
}

export const VERSION_KEY = 'schema'

/** The number of steps that have run; 0 for an empty database. */
export async function schemaVersion(db: Kysely<Tables>): Promise<number> {
  const tables = await db.introspection.getTables()
  if (!tables.some(({ name, schema }) => name === 'settings' && (schema ?? 'public') === 'public')) return 0
  const row = await db.selectFrom('settings').select('value').where('key', '=', VERSION_KEY).executeTakeFirst()
  return Number(row?.value ?? 0)
}

/** Runs what has not run yet, all in one transaction: after a crash either all of it or none is there. */
export async function migrate(db: Kysely<Tables>, from: number, steps: readonly Migration[]): Promise<void> {
  await db.transaction().execute((transaction) => runSteps(transaction, from, steps))
}

/** As `migrate`, within a transaction that does more. */
export async function runSteps(transaction: Kysely<Tables>, from: number, steps: readonly Migration[]): Promise<void> {
  for (const step of steps.slice(from)) await step(transaction)
  const value = String(steps.length)
  await transaction
    .insertInto('settings')
    .values({ key: VERSION_KEY, value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}
