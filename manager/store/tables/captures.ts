// The tables captures and capture_orders: the packets of boots that failed, or whose capture was ordered. Bounded in number and age:
// anybody on an appliance's wire makes boots that fail.
import { type Kysely, sql } from 'kysely'
import type { CapturePush } from '../../protocol/appliance.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** The packets of one boot, as its appliance told. */
export interface CapturesTable {
  attempt: string
  appliance: string
  mac: string
  cause: string
  began: number
  ended: number
  packets: number
  missed: number
  /** Of the file before gzip. */
  bytes: number
  /** The file: a pcapng, gzipped, in base64. */
  gzip: string
}

/** The next boot of a host is to be captured. */
export interface CaptureOrdersTable {
  host: string
  at: number
  who: string
}

declare module '../schema.ts' {
  interface Tables {
    captures: CapturesTable
    capture_orders: CaptureOrdersTable
  }
}

export const capturesSteps: Steps = { 29: createCaptures }

async function createCaptures({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('captures')
    .addColumn('attempt', 'text', (column) => column.primaryKey())
    .addColumn('appliance', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('began', 'bigint', (column) => column.notNull())
    .addColumn('ended', 'bigint', (column) => column.notNull())
    .addColumn('packets', 'bigint', (column) => column.notNull())
    .addColumn('missed', 'bigint', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('gzip', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createTable('capture_orders')
    .addColumn('host', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .execute()
}

/** Kept of one MAC, of all, and of machines that are no hosts; none for longer than two weeks. */
export const CAPTURES_OF_A_MAC = 4
export const MOST_CAPTURES = 48
export const CAPTURES_OF_STRANGERS = 8
const OLDEST = 14 * 24 * 3600_000

export type StoredCapture = Omit<CapturesTable, 'gzip'>
export type CaptureOrder = CaptureOrdersTable

/** False when it was there already. What is beyond the bounds goes. */
export async function saveCapture(
  transaction: Transaction,
  { appliance: { id: appliance }, capture, gzip }: CapturePush,
  now: number,
): Promise<boolean> {
  const { known: _, ...told } = capture
  const { attempt, mac } = told
  const before = await transaction
    .selectFrom('captures')
    .select(['mac', 'appliance', 'ended'])
    .where('attempt', '=', attempt)
    .executeTakeFirst()
  const isAnothers = before !== undefined && (before.mac !== mac || before.appliance !== appliance)
  if (isAnothers || (before !== undefined && Number(before.ended) >= told.ended)) return false
  await transaction.deleteFrom('captures').where('attempt', '=', attempt).execute()
  await transaction
    .insertInto('captures')
    .values({ ...told, appliance, gzip })
    .execute()
  await boundCaptures(transaction, mac, now)
  return true
}

async function boundCaptures(transaction: Transaction, mac: string, now: number): Promise<void> {
  const all = transaction.selectFrom('captures').select('attempt').orderBy('ended', 'desc')
  const ofMac = all.where('mac', '=', mac).limit(CAPTURES_OF_A_MAC)
  await transaction.deleteFrom('captures').where('mac', '=', mac).where('attempt', 'not in', ofMac).execute()
  const strangers = all.where('mac', 'not in', transaction.selectFrom('host_macs').select('mac'))
  await transaction.deleteFrom('captures').where('attempt', 'in', strangers.limit(MOST_CAPTURES).offset(CAPTURES_OF_STRANGERS)).execute()
  await transaction.deleteFrom('captures').where('attempt', 'not in', all.limit(MOST_CAPTURES)).execute()
  await transaction
    .deleteFrom('captures')
    .where('ended', '<', now - OLDEST)
    .execute()
}

/** Newest first. */
export async function allCaptures(db: Kysely<Tables>): Promise<readonly StoredCapture[]> {
  const rows = await db
    .selectFrom('captures')
    .select(['attempt', 'appliance', 'mac', 'cause', 'began', 'ended', 'packets', 'missed', 'bytes'])
    .orderBy('ended', 'desc')
    .execute()
  return rows.map(({ began, ended, packets, missed, bytes, ...rest }) => {
    const numbers = { began: Number(began), ended: Number(ended), packets: Number(packets), missed: Number(missed), bytes: Number(bytes) }
    return { ...rest, ...numbers }
  })
}

/** The file, gzipped, in base64. */
export async function captureFile(db: Kysely<Tables>, attempt: string): Promise<string | undefined> {
  const row = await db.selectFrom('captures').select('gzip').where('attempt', '=', attempt).executeTakeFirst()
  return row?.gzip
}

export async function captureOrders(db: Kysely<Tables>): Promise<readonly CaptureOrder[]> {
  const rows = await db.selectFrom('capture_orders').selectAll().execute()
  return rows.map(({ at, ...order }) => ({ ...order, at: Number(at) }))
}

export async function saveCaptureOrder(transaction: Transaction, order: CaptureOrder): Promise<void> {
  await transaction
    .insertInto('capture_orders')
    .values(order)
    .onConflict((conflict) => conflict.column('host').doUpdateSet({ at: sql<number>`excluded.at`, who: sql<string>`excluded.who` }))
    .execute()
}

export async function dropCaptureOrders(transaction: Transaction, hosts: readonly string[]): Promise<void> {
  if (hosts.length > 0)
    await transaction
      .deleteFrom('capture_orders')
      .where('host', 'in', [...hosts])
      .execute()
}
