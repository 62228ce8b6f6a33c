// The table notices: what may be told to people who do not look at the page, written with what it is about. Each target reads it from
// where it is; what is not told when so many others have come is gone.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** What may be told, in the order in which it happened; bounded. */
export interface NoticesTable {
  /** No number is left out or given twice. */
  seq: number
  at: number
  /** Of the alarm, or `automation-failed`. */
  kind: string
  /** Key of the alarm, or id of the automation. */
  subject: string
  /** Id. */
  host: string | null
  /** `raised`, `resolved`, `failed`. */
  state: string
  text: string
}

declare module '../schema.ts' {
  interface Tables {
    notices: NoticesTable
  }
}

export const noticesSteps: Steps = { 22: createNotices }

async function createNotices({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('notices')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('host', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .execute()
}

/** The kind of a notice that is about no alarm. */
export const AUTOMATION_FAILED = 'automation-failed'

export const NOTICE_STATES = ['raised', 'resolved', 'failed'] as const

export interface NewNotice {
  readonly at: number
  /** Of the alarm, or AUTOMATION_FAILED. */
  readonly kind: string
  readonly subject: string
  readonly host: string | null
  readonly state: (typeof NOTICE_STATES)[number]
  readonly text: string
}

export interface Notice extends NewNotice {
  readonly seq: number
}

/** Kept, told or not. */
export const MOST_NOTICES = 5000
/** Of a text, characters. */
const LONGEST = 1000
/** Rows beyond the bound go so many at a time. */
const TOGETHER = 100

export async function addNotice(transaction: Transaction, notice: NewNotice): Promise<void> {
  const seq = (await newestNotice(transaction)) + 1
  const text = notice.text.length > LONGEST ? `${notice.text.slice(0, LONGEST - 1)}…` : notice.text
  await transaction
    .insertInto('notices')
    .values({ ...notice, seq, text })
    .execute()
  if (seq % TOGETHER === 0)
    await transaction
      .deleteFrom('notices')
      .where('seq', '<=', seq - MOST_NOTICES)
      .execute()
}

/** 0: there has been none. */
export async function newestNotice(db: Kysely<Tables>): Promise<number> {
  const row = await db
    .selectFrom('notices')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .executeTakeFirst()
  return Number(row?.seq ?? 0)
}

/** Oldest first, behind `seq`. */
export async function noticesBehind(db: Kysely<Tables>, seq: number): Promise<readonly Notice[]> {
  const rows = await db.selectFrom('notices').selectAll().where('seq', '>', seq).orderBy('seq').execute()
  return rows.map((row) => ({ ...row, seq: Number(row.seq), at: Number(row.at), state: stateOf(row.state) }))
}

function stateOf(text: string): NewNotice['state'] {
  return NOTICE_STATES.find((one) => one === text) ?? 'raised'
}
