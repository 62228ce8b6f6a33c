// The tables automations, automation_journal and automation_locks: rows as they are. What they mean says manager/automation.

import type { Kysely, Selectable } from 'kysely'
import type { Uuid } from '../../protocol/values.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface AutomationsTable {
  id: string
  recipe: string
  /** Of the recipe, when it was made. */
  version: number
  /** JSON. */
  args: string
  title: string
  who: string
  seed: string
  state: string
  /** Why it has failed, was aborted, or needs an operator. */
  reason: string | null
  created: number
  ended: number | null
  /** Hashes of its caller's Idempotency-Key and of what was asked under it. */
  repeat_key: string | null
  repeat_body: string | null
}

/** Append only. */
export interface AutomationJournalTable {
  automation: string
  /** How many entries there are before these. */
  seq: number
  /** JSON list of what was written down in one commit. */
  json: string
}

/** What automations that are open keep others from. */
export interface AutomationLocksTable {
  key: string
  automation: string
  /** As a person calls it. */
  name: string
  access: string
}

declare module '../schema.ts' {
  interface Tables {
    automations: AutomationsTable
    automation_journal: AutomationJournalTable
    automation_locks: AutomationLocksTable
  }
}

export const automationsSteps: Steps = { 9: createAutomations }

async function createAutomations({ schema }: Kysely<Tables>): Promise<void> {
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

export type AutomationRow = Selectable<AutomationsTable>
export type LockRow = Pick<AutomationLocksTable, 'key' | 'name' | 'access'>
export type HeldLockRow = AutomationLocksTable & Pick<AutomationsTable, 'title' | 'who'>
export type HoldingRow = Pick<AutomationLocksTable, 'key' | 'automation'> & Pick<AutomationRow, 'recipe' | 'title' | 'who' | 'state'>

export async function addAutomation(transaction: Transaction, row: AutomationRow, locks: readonly LockRow[]): Promise<void> {
  await transaction.insertInto('automations').values(row).execute()
  const { id: automation } = row
  if (locks.length > 0)
    await transaction
      .insertInto('automation_locks')
      .values(locks.map((lock) => ({ ...lock, automation })))
      .execute()
}

export async function automationOfKey(
  db: Kysely<Tables>,
  key: string,
): Promise<{ readonly automation: string; readonly body: string } | undefined> {
  const row = await db.selectFrom('automations').select(['id', 'repeat_body']).where('repeat_key', '=', key).executeTakeFirst()
  return row && { automation: row.id, body: row.repeat_body ?? '' }
}

export async function locksOn(db: Kysely<Tables>, keys: readonly string[]): Promise<readonly HeldLockRow[]> {
  if (keys.length === 0) return []
  return db
    .selectFrom('automation_locks')
    .innerJoin('automations', 'automations.id', 'automation_locks.automation')
    .select(['automation_locks.key', 'automation_locks.automation', 'automation_locks.name', 'automation_locks.access', 'title', 'who'])
    .where('automation_locks.key', 'in', [...keys])
    .orderBy('automations.created')
    .execute()
}

export async function addEntries(transaction: Transaction, automation: string, seq: number, json: string): Promise<void> {
  await transaction.insertInto('automation_journal').values({ automation, seq, json }).execute()
}

/** What was written down in the commit that began with this entry. */
export async function entriesAt(db: Kysely<Tables>, automation: string, seq: number): Promise<string | undefined> {
  const at = db.selectFrom('automation_journal').select('json').where('automation', '=', automation).where('seq', '=', seq)
  return (await at.executeTakeFirst())?.json
}

export async function setAutomationState(
  transaction: Transaction,
  id: string,
  row: Pick<AutomationRow, 'state' | 'reason' | 'ended'>,
): Promise<void> {
  await transaction.updateTable('automations').set(row).where('id', '=', id).execute()
}

export async function freeLocks(transaction: Transaction, automation: string): Promise<void> {
  await transaction.deleteFrom('automation_locks').where('automation', '=', automation).execute()
}

/** Oldest first. */
export async function openAutomations(db: Kysely<Tables>): Promise<readonly AutomationRow[]> {
  return db.selectFrom('automations').selectAll().where('ended', 'is', null).orderBy('created').orderBy('id').execute()
}

export async function automationOf(db: Kysely<Tables>, id: string): Promise<AutomationRow | undefined> {
  return db.selectFrom('automations').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Newest first. `about`: a UUID that stands in what they were started with. */
export async function newestAutomations(db: Kysely<Tables>, limit: number, about?: Uuid): Promise<readonly AutomationRow[]> {
  const all = db.selectFrom('automations').selectAll().orderBy('created', 'desc').orderBy('id', 'desc').limit(limit)
  return (about === undefined ? all : all.where('args', 'like', `%"${about}"%`)).execute()
}

/** How many of each state there are. */
export async function automationStates(db: Kysely<Tables>): Promise<readonly { readonly state: string; readonly count: number }[]> {
  const rows = await db
    .selectFrom('automations')
    .select(({ fn }) => ['state', fn.countAll().as('count')])
    .groupBy('state')
    .execute()
  return rows.map(({ state, count }) => ({ state, count: Number(count) }))
}

/** In their order. */
export async function entriesOf(db: Kysely<Tables>, automation: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('automation_journal').select('json').where('automation', '=', automation).orderBy('seq').execute()
  return rows.map(({ json }) => json)
}

/** With their journals; never one that is open. */
export async function forgetAutomations(transaction: Transaction, endedBefore: number): Promise<void> {
  await transaction.deleteFrom('automations').where('ended', '<', endedBefore).execute()
}

/** All that is kept by keys that begin so, with the recipe that it is kept for: `guest `. */
export async function holdersBelow(db: Kysely<Tables>, prefix: string): Promise<readonly HoldingRow[]> {
  const after = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`
  return db
    .selectFrom('automation_locks')
    .innerJoin('automations', 'automations.id', 'automation_locks.automation')
    .select(['automation_locks.key', 'automation_locks.automation', 'recipe', 'title', 'who', 'state'])
    .where('automation_locks.key', '>=', prefix)
    .where('automation_locks.key', '<', after)
    .execute()
}
