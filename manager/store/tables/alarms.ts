// The table alarms: what an operator has to see. The same again is counted, so that a flood of one thing is one row. When one is open that
// was not, and the other way round, a notice of that is written in the same transaction.
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import { groupBy } from '../../group-by.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'
import { type AlarmKind, CONDITION_KINDS } from './alarm-kinds.ts'
import { addNotice } from './notices.ts'

export interface AlarmsTable {
  /** What the alarm is about: the same again is counted, not added. */
  key: string
  kind: string
  host: string | null
  /** Of what several hosts share: their ids, JSON. */
  hosts: string | null
  text: string
  raised: number
  last: number
  times: number
  /** Who acknowledged it, and when; a repetition raises it anew. */
  cleared: number | null
  cleared_by: string | null
  /** What who acknowledged it has said. */
  comment: string | null
}

declare module '../schema.ts' {
  interface Tables {
    alarms: AlarmsTable
  }
}

export const alarmsSteps: Steps = { 1: createAlarms, 24: addHostsAndComments }

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

/** Also: what many hosts cannot log in to becomes one alarm. */
async function addHostsAndComments(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('alarms').addColumn('hosts', 'text').execute()
  await db.schema.alterTable('alarms').addColumn('comment', 'text').execute()
  const rows = await db.selectFrom('alarms').selectAll().where('kind', '=', 'connection-failed').orderBy('raised').execute()
  const byConnection = groupBy(rows, ({ key }) => key.split(' ')[1] ?? '')
  for (const [connection, [first, ...others]] of byConnection) {
    if (!first) continue
    const all = [first, ...others]
    await db
      .deleteFrom('alarms')
      .where(
        'key',
        'in',
        all.map(({ key }) => key),
      )
      .execute()
    const open = all.filter(({ cleared }) => cleared === null)
    const hosts = open.flatMap(({ host }) => host ?? [])
    if (open.length === 0) continue
    const summed = { last: Math.max(...open.map(({ last }) => last)), times: open.reduce((sum, { times }) => sum + times, 0) }
    const merged = { ...first, ...open[0], ...summed, key: `connection-failed ${connection}`, ...hostColumns(hosts) }
    await db.insertInto('alarms').values(merged).execute()
  }
}

export interface RaisedAlarm {
  readonly kind: AlarmKind
  /** What tells it from other alarms of its kind. */
  readonly about: string
  readonly host?: string
  /** Ids of those that share it, where there are several. */
  readonly hosts?: readonly string[]
  readonly text: string
}

export interface StoredAlarm {
  readonly key: string
  readonly kind: string
  readonly host: string | null
  /** Ids of those that share it, where there are several. */
  readonly hosts?: readonly string[]
  readonly text: string
  readonly raised: number
  readonly last: number
  readonly times: number
  /** By a person; what is still so stays acknowledged until it has ended. */
  readonly acknowledged?: Acknowledged
}

export interface Acknowledged {
  readonly who: string
  readonly at: number
  readonly comment?: string
}

/** Ids of all hosts that it is about. */
export function hostsOf({ host, hosts }: Pick<StoredAlarm, 'host' | 'hosts'>): readonly string[] {
  return hosts ?? (host === null ? [] : [host])
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
        host: sql<string | null>`excluded.host`,
        hosts: sql<string | null>`excluded.hosts`,
        last: at,
        times: sql<number>`alarms.times + 1`,
        cleared: null,
        cleared_by: null,
        comment: null,
      }),
    )
    .execute()
  if (!before || before.cleared !== null) await tell(transaction, at, alarm)
}

/**
 * A condition holds: raised and counted when it had ended, or when a host that it is about now was not among those that a person has
 * acknowledged it of; else only put into its newest words. True when an operator sees it.
 */
export async function holdAlarm(transaction: Transaction, at: number, alarm: RaisedAlarm): Promise<boolean> {
  const row = rowOf(at, alarm)
  const before = await standing(transaction, row.key)
  const isAnew = before !== undefined && before.cleared !== null && (before.cleared_by === ENDED || gains(before, row))
  const { text, host, hosts } = row
  const reopened = { times: sql<number>`alarms.times + 1`, cleared: null, cleared_by: null, comment: null }
  await transaction
    .insertInto('alarms')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ text, host, hosts, last: at, ...(isAnew ? reopened : {}) }))
    .execute()
  if (!before || isAnew) await tell(transaction, at, alarm)
  return !before || isAnew || before.cleared === null
}

/** Whether `after` is about a host that `before` was not about. */
function gains(before: Pick<AlarmsTable, 'host' | 'hosts'>, after: Pick<AlarmsTable, 'host' | 'hosts'>): boolean {
  const known = new Set(namedIn(before))
  return namedIn(after).some((id) => !known.has(id))
}

const hostIds = z.array(z.string())
const namedIn = ({ host, hosts }: Pick<AlarmsTable, 'host' | 'hosts'>): readonly string[] =>
  hosts === null ? (host === null ? [] : [host]) : hostIds.parse(JSON.parse(hosts))

/** It is so of fewer hosts, or otherwise: what is open says so, and is neither counted nor told again. False when it is not open. */
export async function restateAlarm(transaction: Transaction, alarm: RaisedAlarm): Promise<boolean> {
  const { text, host, hosts } = rowOf(0, alarm)
  const [result] = await transaction
    .updateTable('alarms')
    .set({ text, host, hosts })
    .where('key', '=', alarmKey(alarm))
    .where('cleared', 'is', null)
    .execute()
  return (result?.numUpdatedRows ?? 0n) > 0n
}

/** A condition has ended, whether or not somebody had acknowledged it. True when it was open. */
export async function endAlarm(transaction: Transaction, key: string, at: number): Promise<boolean> {
  const before = await standing(transaction, key)
  await transaction.updateTable('alarms').set({ cleared: at, cleared_by: ENDED }).where('key', '=', key).execute()
  if (before?.cleared !== null) return false
  await addNotice(transaction, { at, kind: before.kind, subject: key, host: before.host, state: 'resolved', text: before.text })
  return true
}

/** What is written down of a condition: when this is another, it is written anew. */
export function wordsOf({ text, hosts }: { readonly text: string; readonly hosts?: readonly string[] }): string {
  return hosts && hosts.length > 1 ? `${text}\n${hosts.join(' ')}` : text
}

/** The conditions that held when it was last written down, acknowledged or not: key to words. */
export async function heldAlarms(db: Kysely<Tables>): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('alarms')
    .selectAll()
    .where('kind', 'in', [...CONDITION_KINDS])
    .where(({ eb, or }) => or([eb('cleared', 'is', null), eb('cleared_by', '!=', ENDED)]))
    .execute()
  return new Map(rows.map((row) => [row.key, wordsOf(alarmOf(row))]))
}

/** That nobody has cleared, newest first. */
export async function openAlarms(db: Kysely<Tables>): Promise<readonly StoredAlarm[]> {
  const rows = await db.selectFrom('alarms').selectAll().where('cleared', 'is', null).orderBy('last', 'desc').execute()
  return rows.map(alarmOf)
}

/** That a person has acknowledged, newest first: conditions that still hold, and what happened and was seen to. */
export async function acknowledgedAlarms(db: Kysely<Tables>, limit: number): Promise<readonly StoredAlarm[]> {
  const rows = await db
    .selectFrom('alarms')
    .selectAll()
    .where('cleared', 'is not', null)
    .where('cleared_by', 'not in', [ENDED, MANAGER])
    .orderBy('cleared', 'desc')
    .limit(limit)
    .execute()
  return rows.map(alarmOf)
}

function alarmOf({ key, kind, host, hosts, text, raised, last, times, cleared, cleared_by: who, comment }: AlarmsTable): StoredAlarm {
  const several = hosts === null ? {} : { hosts: hostIds.parse(JSON.parse(hosts)) }
  const by = cleared === null || who === null ? {} : { acknowledged: { who, at: cleared, ...(comment === null ? {} : { comment }) } }
  return { key, kind, host, ...several, text, raised, last, times, ...by }
}

/** By an operator, or by the manager. False when there is no such open alarm. */
export async function clearAlarm(transaction: Transaction, key: string, at: number, who: string, comment = ''): Promise<boolean> {
  const before = await standing(transaction, key)
  if (before?.cleared !== null) return false
  await transaction
    .updateTable('alarms')
    .set({ cleared: at, cleared_by: who, comment: comment || null })
    .where('key', '=', key)
    .execute()
  const text = who === MANAGER ? before.text : `cleared by ${who}${comment && ` (${comment})`}: ${before.text}`
  await addNotice(transaction, { at, kind: before.kind, subject: key, host: before.host, state: 'resolved', text })
  return true
}

function standing(transaction: Transaction, key: string) {
  return transaction
    .selectFrom('alarms')
    .select(['kind', 'host', 'hosts', 'text', 'cleared', 'cleared_by'])
    .where('key', '=', key)
    .executeTakeFirst()
}

async function tell(transaction: Transaction, at: number, alarm: RaisedAlarm): Promise<void> {
  const { kind, host = null, text } = alarm
  await addNotice(transaction, { at, kind, subject: alarmKey(alarm), host, state: 'raised', text })
}

function rowOf(at: number, alarm: RaisedAlarm) {
  const { kind, host, hosts, text } = alarm
  const about = hostColumns(hosts ?? (host === undefined ? [] : [host]))
  return { key: alarmKey(alarm), kind, ...about, text, raised: at, last: at, times: 1, cleared: null, cleared_by: null, comment: null }
}

function hostColumns(ids: readonly string[]): { readonly host: string | null; readonly hosts: string | null } {
  const [only, ...others] = ids
  return others.length === 0 ? { host: only ?? null, hosts: null } : { host: null, hosts: JSON.stringify(ids) }
}
