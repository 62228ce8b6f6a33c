// The steps of migrations.ts about what an admin wants on every host, and what hosts find on the storage that they reach.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function site({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('connections')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('portal', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('chap_user', 'text')
    .addColumn('chap_sealed', 'text')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('ending', 'integer', (column) => column.notNull())
    .execute()
}

export async function scans({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('scans')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .execute()
}
