// The table alarms: what an operator has to see. The same again is counted, so that a flood of one thing is one row. When one is open that
// was not, and the other way round, a notice of that is written in the same transaction.
import { type Kysely, sql } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'
import { addNotice } from './notices.ts'

export interface AlarmsTable {
  /** What the alarm is about: the same again is counted, not added. */
  key: string
  kind: string
  host: string | null
  text: string
  raised: number
  last: number
  times: number
  /** Who acknowledged it, and when; a repetition raises it anew. */
  cleared: number | null
  cleared_by: string | null
}

declare module '../schema.ts' {
  interface Tables {
    alarms: AlarmsTable
  }
}

export const alarmsSteps: Steps = { 1: createAlarms }

async function createAlarms({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('alarms')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('host', 'text')
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('raised', 'bigint', (column) => column.notNull())
    .addColumn('last', 'bigint', (column) => column.notNull())
    .addColumn('times', 'bigint', (column) => column.notNull())
    .addColumn('cleared', 'bigint')
    .addColumn('cleared_by', 'text')
    .execute()
}

/** Something happened: raised each time that it happens, until an operator clears it. */
export const EVENT_KINDS = [
  'enrolment-refused',
  'duplicate-uuid',
  'duplicate-mac',
  'identity-changed',
  'agent-refused',
  'certificate-refused',
  'host-state',
  'clock-jumped',
  'connection-failed',
  'properties-failed',
  'scan-failed',
  'upgrade-failed',
  'boot-stuck',
  'two-appliances',
  'automation-waits',
  'guest-stays-down',
  'guest-not-started',
  'unknown-guests',
  'notification-failed',
] as const

/** Something is so: raised when it begins, cleared by the manager when it ends. */
export const CONDITION_KINDS = [
  'shared-uuid',
  'shared-mac',
  'shared-initiator',
  'shared-wwid',
  'sibling-differs',
  'disk-failing',
  'path-failed',
  'sensor-alarm',
  'clock-differs',
  'disk-defects',
  'pv-missing',
  'thin-pool-full',
  'lv-degraded',
  'drbd-degraded',
] as const

export type EventKind = (typeof EVENT_KINDS)[number]
export type ConditionKind = (typeof CONDITION_KINDS)[number]
export type AlarmKind = EventKind | ConditionKind
export const ALARM_KINDS: readonly AlarmKind[] = [...EVENT_KINDS, ...CONDITION_KINDS]

export interface RaisedAlarm {
  readonly kind: AlarmKind
  /** What tells it from other alarms of its kind. */
  readonly about: string
  readonly host?: string
  readonly text: string
}

export interface StoredAlarm {
  readonly key: string
  readonly kind: string
  readonly host: string | null
  readonly text: string
  readonly raised: number
  readonly last: number
  readonly times: number
}

export function alarmKey({ kind, about }: RaisedAlarm): string {
  return `${kind} ${about}`
}

/** In the column cleared_by of what has ended by itself; anybody else has acknowledged what may still be so. */
const ENDED = 'ended'
/** Who clears what has ended by itself, and is no condition. */
const MANAGER = 'manager'

export async function raiseAlarm(transaction: Transaction, at: number, alarm: RaisedAlarm): Promise<void> {
  const before = await standing(transaction, alarmKey(alarm))
  await transaction
    .insertInto('alarms')
    .values(rowOf(at, alarm))
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        text: sql<string>`excluded.text`,
        last: at,
        times: sql<number>`alarms.times + 1`,
        cleared: null,
        cleared_by: null,
      }),
    )
    .execute()
  if (!before || before.cleared !== null) await tell(transaction, at, alarm)
}

/** A condition holds: raised and counted when it had ended, else only put into its newest words. True when an operator sees it. */
export async function holdAlarm(transaction: Transaction, at: number, alarm: RaisedAlarm): Promise<boolean> {
  const before = await standing(transaction, alarmKey(alarm))
  const row = await transaction
    .insertInto('alarms')
    .values(rowOf(at, alarm))
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        text: sql<string>`excluded.text`,
        host: sql<string | null>`excluded.host`,
        last: at,
        times: sql<number>`alarms.times + case when alarms.cleared_by = ${ENDED} then 1 else 0 end`,
        cleared: sql<number | null>`case when alarms.cleared_by = ${ENDED} then null else alarms.cleared end`,
        cleared_by: sql<string | null>`case when alarms.cleared_by = ${ENDED} then null else alarms.cleared_by end`,
      }),
    )
    .returning('cleared')
    .executeTakeFirst()
  if (!before || before.cleared_by === ENDED) await tell(transaction, at, alarm)
  return row?.cleared === null
}

/** A condition has ended, whether or not somebody had acknowledged it. True when it was open. */
export async function endAlarm(transaction: Transaction, key: string, at: number): Promise<boolean> {
  const before = await standing(transaction, key)
  await transaction.updateTable('alarms').set({ cleared: at, cleared_by: ENDED }).where('key', '=', key).execute()
  if (before?.cleared !== null) return false
  await addNotice(transaction, { at, kind: before.kind, subject: key, host: before.host, state: 'resolved', text: before.text })
  return true
}

/** The conditions that held when it was last written down, acknowledged or not: key to text. */
export async function heldAlarms(db: Kysely<Tables>): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('alarms')
    .select(['key', 'text'])
    .where('kind', 'in', [...CONDITION_KINDS])
    .where(({ eb, or }) => or([eb('cleared', 'is', null), eb('cleared_by', '!=', ENDED)]))
    .execute()
  return new Map(rows.map(({ key, text }) => [key, text]))
}

/** That nobody has cleared, newest first. */
export async function openAlarms(db: Kysely<Tables>): Promise<readonly StoredAlarm[]> {
  return db
    .selectFrom('alarms')
    .select(['key', 'kind', 'host', 'text', 'raised', 'last', 'times'])
    .where('cleared', 'is', null)
    .orderBy('last', 'desc')
    .execute()
}

/** By an operator, or by the manager. False when there is no such open alarm. */
export async function clearAlarm(transaction: Transaction, key: string, at: number, who: string): Promise<boolean> {
  const before = await standing(transaction, key)
  if (before?.cleared !== null) return false
  await transaction.updateTable('alarms').set({ cleared: at, cleared_by: who }).where('key', '=', key).execute()
  const text = who === MANAGER ? before.text : `cleared by ${who}: ${before.text}`
  await addNotice(transaction, { at, kind: before.kind, subject: key, host: before.host, state: 'resolved', text })
  return true
}

function standing(transaction: Transaction, key: string) {
  return transaction
    .selectFrom('alarms')
    .select(['kind', 'host', 'text', 'cleared', 'cleared_by'])
    .where('key', '=', key)
    .executeTakeFirst()
}

async function tell(transaction: Transaction, at: number, alarm: RaisedAlarm): Promise<void> {
  const { kind, host = null, text } = alarm
  await addNotice(transaction, { at, kind, subject: alarmKey(alarm), host, state: 'raised', text })
}

function rowOf(at: number, alarm: RaisedAlarm) {
  const { kind, host, text } = alarm
  return { key: alarmKey(alarm), kind, host: host ?? null, text, raised: at, last: at, times: 1, cleared: null, cleared_by: null }
}
