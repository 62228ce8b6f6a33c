// The tables guests and guest_disks: rows as they are. What they mean says manager/guests.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** See manager/guests. */
export interface GuestsTable {
  uuid: string
  name: string
  /** JSON, by protocol/guest-spec.ts. */
  spec: string
  /** Where its disks lie; null: nowhere yet. */
  host: string | null
  /** `off`, `on`, `paused`: as it was last brought. */
  power: string
  /** When it was. */
  since: number
  created: number
  created_by: string
  /** JSON, by guests/cpu.ts: the CPU that it runs with; null: it is not known. */
  cpu: string | null
}

export interface GuestDisksTable {
  id: string
  guest: string
  vdev: string
  host: string
  vg_name: string
  vg_uuid: string
  size_bytes: number
  generation: number
  access: string
  state: string
  /** Id of what it was made from. */
  image: string | null
}

declare module '../schema.ts' {
  interface Tables {
    guests: GuestsTable
    guest_disks: GuestDisksTable
  }
}

export const guestsSteps: Steps = { 10: createGuests, 14: addCpus }

async function createGuests({ schema }: Kysely<Tables>): Promise<void> {
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
}

async function addCpus({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('guests').addColumn('cpu', 'text').execute()
}

/** Again with the same id changes nothing: what justifies it may be written down twice. */
export async function addGuest(transaction: Transaction, row: Omit<GuestsTable, 'cpu'>): Promise<void> {
  await transaction
    .insertInto('guests')
    .values({ ...row, cpu: null })
    .onConflict((conflict) => conflict.column('uuid').doNothing())
    .execute()
}

export async function guestOf(db: Kysely<Tables>, uuid: string): Promise<GuestsTable | undefined> {
  return db.selectFrom('guests').selectAll().where('uuid', '=', uuid).executeTakeFirst()
}

/** By UUID or name. */
export async function findGuest(db: Kysely<Tables>, ref: string): Promise<GuestsTable | undefined> {
  return (await guestOf(db, ref)) ?? db.selectFrom('guests').selectAll().where('name', '=', ref).executeTakeFirst()
}

export async function allGuests(db: Kysely<Tables>): Promise<readonly GuestsTable[]> {
  return db.selectFrom('guests').selectAll().orderBy('name').execute()
}

export type BroughtRow = Pick<GuestsTable, 'uuid' | 'name' | 'host' | 'power' | 'since'> & {
  /** Of the boot that its host runs by, and when that had enrolled. */
  readonly attempt: string | null
  readonly booted: number | null
}

/** Those that were brought to run. */
export async function broughtGuests(db: Kysely<Tables>): Promise<readonly BroughtRow[]> {
  const rows = await db
    .selectFrom('guests')
    .leftJoin('hosts', 'hosts.id', 'guests.host')
    .leftJoin('attempts', 'attempts.id', 'hosts.attempt')
    .select(['guests.uuid', 'guests.name', 'guests.host', 'guests.power', 'guests.since', 'hosts.attempt', 'attempts.spent'])
    .where('guests.power', '!=', 'off')
    .orderBy('guests.name')
    .execute()
  return rows.map(({ spent, ...row }) => ({ ...row, booted: spent }))
}

/** Of those that were brought to run, by their UUIDs. */
export async function broughtSpecs(db: Kysely<Tables>): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('guests').select(['uuid', 'spec']).where('power', '!=', 'off').execute()
  return new Map(rows.map(({ uuid, spec }) => [uuid, spec]))
}

export async function changeGuest(
  transaction: Transaction,
  uuid: string,
  change: Partial<Pick<GuestsTable, 'name' | 'spec' | 'host' | 'power' | 'since' | 'cpu'>>,
): Promise<void> {
  await transaction.updateTable('guests').set(change).where('uuid', '=', uuid).execute()
}

/** With its disks. */
export async function removeGuest(transaction: Transaction, uuid: string): Promise<void> {
  await transaction.deleteFrom('guest_disks').where('guest', '=', uuid).execute()
  await transaction.deleteFrom('guests').where('uuid', '=', uuid).execute()
}

/** Again with the same id: all of it but what it is made from is as it is said now. */
export async function putDisk(transaction: Transaction, row: GuestDisksTable): Promise<void> {
  const { size_bytes, generation, state, host, vg_name, vg_uuid, vdev } = row
  const change = { size_bytes, generation, state, host, vg_name, vg_uuid, vdev }
  await transaction
    .insertInto('guest_disks')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(change))
    .execute()
}

export async function changeDisk(
  transaction: Transaction,
  id: string,
  change: Partial<Pick<GuestDisksTable, 'state' | 'size_bytes'>>,
): Promise<void> {
  await transaction.updateTable('guest_disks').set(change).where('id', '=', id).execute()
}

/** What is about to be removed is not ready any more; what its guest has lost already stays as it is. */
export async function spoilDisk(transaction: Transaction, id: string): Promise<void> {
  await transaction.updateTable('guest_disks').set({ state: 'making' }).where('id', '=', id).where('state', '=', 'ready').execute()
}

export async function removeDisk(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('guest_disks').where('id', '=', id).execute()
}

/** In the order of its bus; `guest` left out: of all. */
export async function disksOf(db: Kysely<Tables>, guest?: string): Promise<readonly GuestDisksTable[]> {
  const all = db.selectFrom('guest_disks').selectAll().orderBy('guest').orderBy('vdev')
  return (guest === undefined ? all : all.where('guest', '=', guest)).execute()
}

/** Of these ids. */
export async function disksAmong(db: Kysely<Tables>, ids: readonly string[]): Promise<readonly GuestDisksTable[]> {
  const rows: GuestDisksTable[] = []
  // Databases take so many values in a query.
  for (let at = 0; at < ids.length; at += MOST_IDS)
    rows.push(
      ...(await db
        .selectFrom('guest_disks')
        .selectAll()
        .where('id', 'in', ids.slice(at, at + MOST_IDS))
        .execute()),
    )
  return rows
}

const MOST_IDS = 1000

/** Those that have a disk on this host. */
export async function guestsWithDisksOn(db: Kysely<Tables>, host: string): Promise<readonly GuestsTable[]> {
  const there = db.selectFrom('guest_disks').select('guest').where('host', '=', host)
  return db.selectFrom('guests').selectAll().where('uuid', 'in', there).orderBy('name').execute()
}

/** Of these UUIDs those of guests. */
export async function guestsAmong(db: Kysely<Tables>, uuids: readonly string[]): Promise<ReadonlySet<string>> {
  if (uuids.length === 0) return new Set()
  const rows = await db
    .selectFrom('guests')
    .select('uuid')
    .where('uuid', 'in', [...uuids])
    .execute()
  return new Set(rows.map(({ uuid }) => uuid))
}
