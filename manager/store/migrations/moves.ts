// The steps of migrations.ts about moves: how fast each may go, where it is other than it was begun with; what became of each; and
// where guests were before their host was emptied.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function moveRates({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('move_rates')
    .addColumn('automation', 'text', (column) => column.primaryKey().references('automations.id').onDelete('cascade'))
    .addColumn('rate_bytes', 'bigint')
    .execute()
}

export async function moveHistory({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('moves')
    .addColumn('automation', 'text', (column) => column.primaryKey())
    .addColumn('guest', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('from_host', 'text', (column) => column.notNull())
    .addColumn('from_name', 'text', (column) => column.notNull())
    .addColumn('to_host', 'text', (column) => column.notNull())
    .addColumn('to_name', 'text', (column) => column.notNull())
    .addColumn('way', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('began', 'bigint', (column) => column.notNull())
    .addColumn('ended', 'bigint', (column) => column.notNull())
    .addColumn('disk_bytes', 'bigint', (column) => column.notNull())
    .addColumn('memory_bytes', 'bigint', (column) => column.notNull())
    .addColumn('pause_ms', 'bigint')
    .execute()
  await schema.createIndex('moves_by_end').on('moves').columns(['ended', 'automation']).execute()
  await schema.createIndex('moves_by_guest').on('moves').columns(['guest', 'ended']).execute()
}

/** What did not have to be sent; of a move of before nobody knows. */
export async function savedBytes({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('moves').addColumn('saved_bytes', 'bigint').execute()
}

export async function homes({ schema }: Kysely<Tables>): Promise<void> {
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
