// The step of migrations.ts about automations: what each is, its journal, and what it keeps others from.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function automations({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('automations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('recipe', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('args', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('seed', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('ended', 'bigint')
    .addColumn('repeat_key', 'text', (column) => column.unique())
    .addColumn('repeat_body', 'text')
    .execute()
  await schema.createIndex('automations_by_created').on('automations').column('created').execute()
  await schema.createIndex('automations_by_ended').on('automations').column('ended').execute()
  await schema
    .createTable('automation_journal')
    .addColumn('automation', 'text', (column) => column.notNull().references('automations.id').onDelete('cascade'))
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('automation_journal_key', ['automation', 'seq'])
    .execute()
  await schema
    .createTable('automation_locks')
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('automation', 'text', (column) => column.notNull().references('automations.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('access', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('automation_locks_key', ['key', 'automation'])
    .execute()
  await schema.createIndex('automation_locks_by_automation').on('automation_locks').column('automation').execute()
}
