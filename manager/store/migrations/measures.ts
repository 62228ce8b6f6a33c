// The step of migrations.ts about what was measured of hosts and guests.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function measures({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('measures')
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('own', 'text', (column) => column.notNull())
    .addColumn('guests', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('measures_key', ['host', 'at'])
    .execute()
  await schema.createIndex('measures_by_time').on('measures').column('at').execute()
  await schema
    .createTable('measured_guests')
    .addColumn('guest', 'text', (column) => column.notNull())
    .addColumn('host', 'text', (column) => column.notNull().references('hosts.id').onDelete('cascade'))
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('measured_guests_key', ['guest', 'host'])
    .execute()
  await schema.createIndex('measured_guests_by_host').on('measured_guests').column('host').execute()
}
