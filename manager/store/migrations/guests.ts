// The step of migrations.ts about guests, their disks, and the networks that they attach to.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function guests({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('guests')
    .addColumn('uuid', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('spec', 'text', (column) => column.notNull())
    .addColumn('host', 'text')
    .addColumn('power', 'text', (column) => column.notNull())
    .addColumn('since', 'bigint', (column) => column.notNull())
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('guests_by_host').on('guests').column('host').execute()
  await schema
    .createTable('guest_disks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('guest', 'text', (column) => column.notNull())
    .addColumn('vdev', 'text', (column) => column.notNull())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('vg_name', 'text', (column) => column.notNull())
    .addColumn('vg_uuid', 'text', (column) => column.notNull())
    .addColumn('size_bytes', 'bigint', (column) => column.notNull())
    .addColumn('generation', 'integer', (column) => column.notNull())
    .addColumn('access', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('image', 'text')
    .execute()
  await schema.createIndex('guest_disks_by_guest').on('guest_disks').columns(['guest', 'vdev']).execute()
  await schema
    .createTable('networks')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('bridge', 'text', (column) => column.notNull())
    .addColumn('bridges', 'text', (column) => column.notNull())
    .addColumn('vlan', 'integer')
    .addColumn('mtu', 'integer')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .execute()
}

export async function guestCpus({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('guests').addColumn('cpu', 'text').execute()
}

/** The bridge over the NIC that a host has booted from is there on each of them, by this name. */
export async function bootNetwork(db: Kysely<Tables>): Promise<void> {
  const row = { name: 'lan', bridge: 'xenbr0', bridges: '{}', vlan: null, mtu: null, created: 0, created_by: 'hostless' }
  await db.insertInto('networks').values(row).execute()
}
