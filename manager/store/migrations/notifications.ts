// The step of migrations.ts about what is told to people who do not look at the page.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function notifications({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('notices')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('host', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('notification_targets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('json', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('waiting_id', 'text')
    .addColumn('waiting', 'text')
    .addColumn('due', 'bigint', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('stopped', 'integer', (column) => column.notNull())
    .addColumn('sent', 'bigint')
    .addColumn('failed', 'bigint')
    .addColumn('error', 'text')
    .execute()
}
