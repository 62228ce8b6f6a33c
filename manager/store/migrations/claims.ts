// The step of migrations.ts about who may use how much of what.
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema.ts'

export async function claims({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('claims')
    .addColumn('holder_kind', 'text', (column) => column.notNull())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('space', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('length', 'bigint', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull())
    .addColumn('item', 'text', (column) => column.notNull())
    .addColumn('guest', 'text')
    .addColumn('holder_name', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('claims_key', ['holder_kind', 'holder', 'part', 'space', 'start', 'item'])
    .execute()
  await schema.createIndex('claims_by_space').on('claims').columns(['space', 'start']).execute()
  await schema.createIndex('claims_by_guest').on('claims').column('guest').execute()
  // Whatever is decided wrong, no MAC, minor or port is given out twice.
  await schema
    .createIndex('claims_numbers')
    .unique()
    .on('claims')
    .columns(['space', 'start'])
    .where(sql.ref('mode'), '=', sql.lit('number'))
    .execute()
}
