// The steps of migrations.ts about moves: how fast each may go, where it is other than it was begun with.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function moveRates({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('move_rates')
    .addColumn('automation', 'text', (column) => column.primaryKey().references('automations.id').onDelete('cascade'))
    .addColumn('rate_bytes', 'bigint')
    .execute()
}
