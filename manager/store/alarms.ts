// The table alarms: what an operator has to see. The same again is counted, so that a flood of one thing is one row.
import { type Kysely, sql } from 'kysely'
import type { Transaction } from './database.ts'
import type { Tables } from './schema.ts'

export interface RaisedAlarm {
  readonly kind: AlarmKind
  /** What tells it from other alarms of its kind. */
  readonly about: string
  readonly host?: string
  readonly text: string
}

export type AlarmKind =
  | 'enrolment-refused'
  | 'duplicate-uuid'
  | 'duplicate-mac'
  | 'identity-changed'
  | 'agent-refused'
  | 'certificate-refused'
  | 'host-state'
  | 'boot-stuck'
  | 'two-appliances'

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

export async function raiseAlarm(transaction: Transaction, at: number, alarm: RaisedAlarm): Promise<void> {
  const { kind, host, text } = alarm
  const key = alarmKey(alarm)
  await transaction
    .insertInto('alarms')
    .values({ key, kind, host: host ?? null, text, raised: at, last: at, times: 1, cleared: null, cleared_by: null })
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

/** False when there is no such open alarm. */
export async function clearAlarm(transaction: Transaction, key: string, at: number, who: string): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('alarms')
    .set({ cleared: at, cleared_by: who })
    .where('key', '=', key)
    .where('cleared', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
