// The step of migrations.ts about images of guests' disks.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function vmImages({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('vm_images')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('image', 'text', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('notes', 'text', (column) => column.notNull())
    .addColumn('added', 'bigint', (column) => column.notNull())
    .addColumn('added_by', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('vm_images_by_image').on('vm_images').column('image').execute()
}

export async function kernels({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('vm_images').addColumn('initrd', 'text').execute()
}
