// The table notification_targets: who is told, how far each has been told, and the message that each is to be sent. What is secret is
// sealed.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Who is told. */
export interface NotificationTargetsTable {
  name: string
  /** Its settings, without what is secret. */
  json: string
  /** JSON of what is secret, by sealing.ts. */
  sealed: string | null
  created: number
  created_by: string
  /** The seq of the last notice that is in a message of it, or was not for it. */
  position: number
  /** Of the message that is to be sent; the same each time that it is tried. */
  waiting_id: string | null
  /** JSON of that message. */
  waiting: string | null
  /** Nothing is sent before. */
  due: number
  /** In a row. */
  failures: number
  /** 1: it has refused what it was sent, and is sent nothing until somebody mends that. */
  stopped: number
  /** When something arrived last. */
  sent: number | null
  /** When something failed last, since something arrived. */
  failed: number | null
  error: string | null
}

declare module '../schema.ts' {
  interface Tables {
    notification_targets: NotificationTargetsTable
  }
}

export const notificationTargetsSteps: Steps = { 23: createTargets }

async function createTargets({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('notification_targets')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('json', 'text', (column) => column.notNull())
    .addColumn('sealed', 'text')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('waiting_id', 'text')
    .addColumn('waiting', 'text')
    .addColumn('due', 'bigint', (column) => column.notNull())
    .addColumn('failures', 'integer', (column) => column.notNull())
    .addColumn('stopped', 'integer', (column) => column.notNull())
    .addColumn('sent', 'bigint')
    .addColumn('failed', 'bigint')
    .addColumn('error', 'text')
    .execute()
}

/** How far one is. */
export interface Progress {
  readonly position: number
  readonly waiting: { readonly id: string; readonly json: string } | undefined
  readonly due: number
  readonly failures: number
  readonly stopped: boolean
  readonly sent: number | undefined
  readonly failed: number | undefined
  readonly error: string | undefined
}

export interface TargetRow extends Progress {
  readonly name: string
  readonly json: string
  readonly sealed: string | undefined
  readonly created: number
  readonly by: string
}

/** By name. */
export async function allTargets(db: Kysely<Tables>): Promise<readonly TargetRow[]> {
  return (await db.selectFrom('notification_targets').selectAll().orderBy('name').execute()).map(recordOf)
}

export async function targetNamed(db: Kysely<Tables>, name: string): Promise<TargetRow | undefined> {
  const row = await db.selectFrom('notification_targets').selectAll().where('name', '=', name).executeTakeFirst()
  return row && recordOf(row)
}

/** A new one, or what was of this name becomes this. */
export async function saveTarget(transaction: Transaction, target: TargetRow): Promise<void> {
  const { name, json, sealed, created, by } = target
  const row = { json, sealed: sealed ?? null, created, created_by: by, ...columnsOf(target) }
  await transaction
    .insertInto('notification_targets')
    .values({ name, ...row })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute()
}

export async function saveProgress(transaction: Transaction, name: string, progress: Progress): Promise<void> {
  await transaction.updateTable('notification_targets').set(columnsOf(progress)).where('name', '=', name).execute()
}

/** False when there is none. */
export async function removeTarget(transaction: Transaction, name: string): Promise<boolean> {
  const { numDeletedRows } = await transaction.deleteFrom('notification_targets').where('name', '=', name).executeTakeFirst()
  return numDeletedRows > 0n
}

function columnsOf({ position, waiting, due, failures, stopped, sent, failed, error }: Progress) {
  return {
    position,
    waiting_id: waiting?.id ?? null,
    waiting: waiting?.json ?? null,
    due,
    failures,
    stopped: stopped ? 1 : 0,
    sent: sent ?? null,
    failed: failed ?? null,
    error: error ?? null,
  }
}

function recordOf(row: NotificationTargetsTable): TargetRow {
  const { name, json, sealed, created, created_by, position, waiting_id, waiting, due, failures, stopped, sent, failed, error } = row
  return {
    ...{ name, json, created: Number(created), by: created_by, position: Number(position), due: Number(due), failures: Number(failures) },
    sealed: sealed ?? undefined,
    waiting: waiting_id === null || waiting === null ? undefined : { id: waiting_id, json: waiting },
    stopped: Number(stopped) === 1,
    sent: sent === null ? undefined : Number(sent),
    failed: failed === null ? undefined : Number(failed),
    error: error ?? undefined,
  }
}
