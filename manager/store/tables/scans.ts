// The table scans: what lay on each file system when a host looked last.
import { type Kysely, sql } from 'kysely'
import type { DiskImage } from '../../protocol/requests/scan-file-system.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** What lay on a file system when a host looked last. */
export interface ScansTable {
  key: string
  host: string
  at: number
  /** The rest of it. */
  json: string
}

declare module '../schema.ts' {
  interface Tables {
    scans: ScansTable
  }
}

export const scansSteps: Steps = { 5: createScans }

async function createScans({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('scans')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('json', 'text', (column) => column.notNull())
    .execute()
}

export interface ScanRecord {
  /** Of the thing in the connectivity matrix. */
  readonly key: string
  /** Id of the host that looked. */
  readonly host: string
  readonly at: number
  /** Ids of all hosts that reached it then. */
  readonly hosts: readonly string[]
  readonly sizeBytes: number
  readonly freeBytes: number
  readonly images: readonly DiskImage[]
  readonly leftOut: readonly string[]
}

/** In the place of the one before. */
export async function saveScan(transaction: Transaction, { key, host, at, ...found }: ScanRecord): Promise<void> {
  await transaction
    .insertInto('scans')
    .values({ key, host, at, json: JSON.stringify(found) })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        host: sql<string>`excluded.host`,
        at: sql<number>`excluded.at`,
        json: sql<string>`excluded.json`,
      }),
    )
    .execute()
}

/** What we wrote is what the protocol had checked: it is not checked again. */
export async function allScans(db: Kysely<Tables>): Promise<readonly ScanRecord[]> {
  const rows = await db.selectFrom('scans').selectAll().orderBy('key').execute()
  return rows.map(({ key, host, at, json }) => ({ ...(JSON.parse(json) as Omit<ScanRecord, 'key' | 'host' | 'at'>), key, host, at }))
}

/** Of file systems that nobody has been able to look at for so long. */
export async function forgetScans(transaction: Transaction, before: number): Promise<void> {
  await transaction.deleteFrom('scans').where('at', '<', before).execute()
}
