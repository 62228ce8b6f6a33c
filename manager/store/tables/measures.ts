// The tables measures and measured_guests: a day of hosts and their guests, a row a host for five minutes, and which hosts a guest was
// measured on, so that its day is found on all of them.
import { type Kysely, sql } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** What was measured in five minutes, as manager/measures/bucket.ts writes it. */
export interface MeasuresTable {
  host: string
  /** When they began. */
  at: number
  /** JSON list of numbers. */
  own: string
  /** JSON, UUID of a guest → such a list. */
  guests: string
}

/** Which hosts have rows of a guest. */
export interface MeasuredGuestsTable {
  guest: string
  host: string
  until: number
}

declare module '../schema.ts' {
  interface Tables {
    measures: MeasuresTable
    measured_guests: MeasuredGuestsTable
  }
}

export const measuresSteps: Steps = { 15: createMeasures }

async function createMeasures({ schema }: Kysely<Tables>): Promise<void> {
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

export type MeasuresRow = Readonly<MeasuresTable>
export type MeasuredGuest = Readonly<MeasuredGuestsTable>

/** Each in the place of the one of the same host and time. */
export async function saveMeasures(transaction: Transaction, rows: readonly MeasuresRow[]): Promise<void> {
  if (rows.length === 0) return
  await transaction
    .insertInto('measures')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['host', 'at']).doUpdateSet({ own: sql<string>`excluded.own`, guests: sql<string>`excluded.guests` }),
    )
    .execute()
}

/** Of these hosts, at these times. */
export function measuresAt(db: Kysely<Tables>, hosts: readonly string[], times: readonly number[]): Promise<readonly MeasuresRow[]> {
  return db.selectFrom('measures').selectAll().where('host', 'in', hosts).where('at', 'in', times).execute()
}

/** From then on, in the order of time. */
export function ownMeasures(db: Kysely<Tables>, host: string, from: number): Promise<readonly Pick<MeasuresRow, 'at' | 'own'>[]> {
  return db.selectFrom('measures').select(['at', 'own']).where('host', '=', host).where('at', '>=', from).orderBy('at').execute()
}

/** As `ownMeasures`, of the guests of a host. */
export function guestMeasures(db: Kysely<Tables>, host: string, from: number): Promise<readonly Pick<MeasuresRow, 'at' | 'guests'>[]> {
  return db.selectFrom('measures').select(['at', 'guests']).where('host', '=', host).where('at', '>=', from).orderBy('at').execute()
}

/** Of these hosts, what is before or after all that may be kept. */
export async function pruneMeasures(transaction: Transaction, hosts: readonly string[], from: number, until: number): Promise<void> {
  await transaction
    .deleteFrom('measures')
    .where('host', 'in', hosts)
    .where(({ eb, or }) => or([eb('at', '<', from), eb('at', '>', until)]))
    .execute()
}

/** As `pruneMeasures`, of all hosts: also of those that are measured no more. */
export async function forgetMeasures(transaction: Transaction, from: number, until: number): Promise<void> {
  await transaction
    .deleteFrom('measures')
    .where(({ eb, or }) => or([eb('at', '<', from), eb('at', '>', until)]))
    .execute()
  await transaction
    .deleteFrom('measured_guests')
    .where(({ eb, or }) => or([eb('until', '<', from), eb('until', '>', until)]))
    .execute()
}

/** They were measured there until then, at least. */
export async function saveMeasuredGuests(transaction: Transaction, rows: readonly MeasuredGuest[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await transaction
      .insertInto('measured_guests')
      .values(rows.slice(at, at + ROWS_AT_ONCE))
      .onConflict((conflict) => conflict.columns(['guest', 'host']).doUpdateSet({ until: sql<number>`excluded.until` }))
      .execute()
  }
}

/** A statement has a bounded number of parameters. */
const ROWS_AT_ONCE = 512

export function measuredGuestsOn(db: Kysely<Tables>, hosts: readonly string[]): Promise<readonly MeasuredGuest[]> {
  return db.selectFrom('measured_guests').selectAll().where('host', 'in', hosts).execute()
}

/** Ids of the hosts. */
export async function hostsThatMeasured(db: Kysely<Tables>, guest: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('measured_guests').select('host').where('guest', '=', guest).execute()
  return rows.map(({ host }) => host)
}
