// The table notification_targets: who is told, how far each has been told, and the message that each is to be sent. What is secret is
// sealed.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { NotificationTargetsTable } from '../schema/notifications.ts'
import type { Tables } from '../schema.ts'

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
