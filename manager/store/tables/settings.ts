// The table settings: the manager's epoch, the site's properties.
import { type Kysely, sql } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Small facts about this manager: its epoch, where its audit log ends, who writes here. */
export interface SettingsTable {
  key: string
  value: string
}

declare module '../schema.ts' {
  interface Tables {
    settings: SettingsTable
  }
}

export const settingsSteps: Steps = { 1: createSettings }

async function createSettings({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
}

/** Greater than any before it, and than `beyond`: agents obey only the manager with the greatest that they have heard. */
export async function nextEpoch(transaction: Transaction, beyond = 0): Promise<number> {
  const epoch = Math.max(await newestEpoch(transaction), beyond) + 1
  await transaction
    .insertInto('settings')
    .values({ key: 'epoch', value: String(epoch) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
  return epoch
}

/** Of the manager that has started last; 0 before the first. */
export async function newestEpoch(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'epoch').executeTakeFirst()
  return Number(row?.value ?? 0)
}

/** The text of the site's properties; empty when nobody has set any. */
export async function propertiesText(db: Kysely<Tables>): Promise<string> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'properties').executeTakeFirst()
  return row?.value ?? ''
}

export async function setPropertiesText(transaction: Transaction, value: string): Promise<void> {
  await transaction
    .insertInto('settings')
    .values({ key: 'properties', value })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}

/** Since when this database takes the place of one that is lost, milliseconds since the epoch; undefined: it does not. */
export async function lostSince(db: Kysely<Tables>): Promise<number | undefined> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', LOST_KEY).executeTakeFirst()
  return row && Number(row.value)
}

/** Said once: later it stays as it is. */
export async function noteLoss(transaction: Transaction, at: number): Promise<void> {
  await transaction
    .insertInto('settings')
    .values({ key: LOST_KEY, value: String(at) })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
}

const LOST_KEY = 'lost-since'
