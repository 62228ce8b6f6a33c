// The table boots: how far each boot came. Bounded, in those of a machine and in all: anybody on an appliance's wire makes boots.
import { type Kysely, sql } from 'kysely'
import { type BootRecord, bootRecord } from '../../protocol/appliance.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** How far each boot came, as its appliance told last. */
export interface BootsTable {
  id: string
  appliance: string
  mac: string
  started: number
  outcome: string
  image: string | null
  generation: string | null
  /** The whole of it. */
  json: string
}

declare module '../schema.ts' {
  interface Tables {
    boots: BootsTable
  }
}

export const bootsSteps: Steps = { 4: createBoots }

async function createBoots({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('boots')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('appliance', 'text', (column) => column.notNull())
    .addColumn('mac', 'text', (column) => column.notNull())
    .addColumn('started', 'bigint', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('image', 'text')
    .addColumn('generation', 'text')
    .addColumn('json', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('boots_by_mac').on('boots').columns(['mac', 'started']).execute()
  await schema.createIndex('boots_by_start').on('boots').column('started').execute()
}

/** Kept of one MAC; the newest that came up stays in any case. */
export const BOOTS_OF_A_MAC = 16
/** Kept of all machines that are no hosts. */
const BOOTS_OF_STRANGERS = 4096

export interface StoredBoot extends BootRecord {
  readonly appliance: string
}

/** What tells one boot of a MAC from another. */
export interface KnownBoot {
  readonly id: string
  readonly mac: string
  readonly appliance: string
  readonly started: number
  readonly outcome: string
}

export interface BootedImage {
  readonly mac: string
  readonly started: number
  readonly image: string
  readonly generation: string
}

export async function saveBoot(transaction: Transaction, appliance: string, boot: BootRecord): Promise<void> {
  const { id, mac, started, outcome, image, generation } = boot
  const told = { outcome, image: image ?? null, generation: generation ?? null, json: JSON.stringify(boot) }
  await transaction
    .insertInto('boots')
    .values({ id, appliance, mac, started, ...told })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(told).where('boots.mac', '=', mac).where('boots.appliance', '=', appliance))
    .execute()
}

/** Drops what is beyond the bounds, of these MACs and of strangers. */
export async function boundBoots(transaction: Transaction, macs: ReadonlySet<string>): Promise<void> {
  for (const mac of macs) {
    const kept = transaction.selectFrom('boots').select('id').where('mac', '=', mac).orderBy('started', 'desc').limit(BOOTS_OF_A_MAC)
    const up = transaction.selectFrom('boots').select('id').where('mac', '=', mac).where('outcome', '=', 'up').orderBy('started', 'desc')
    await transaction.deleteFrom('boots').where('mac', '=', mac).where('id', 'not in', kept).where('id', 'not in', up.limit(1)).execute()
  }
  const strangers = transaction
    .selectFrom('boots')
    .select('id')
    .where('mac', 'not in', transaction.selectFrom('host_macs').select('mac'))
    .orderBy('started', 'desc')
  await transaction.deleteFrom('boots').where('id', 'in', strangers.limit(BOOTS_OF_STRANGERS).offset(BOOTS_OF_STRANGERS)).execute()
}

/** Newest first. */
export async function bootsOf(db: Kysely<Tables>, macs: readonly string[]): Promise<readonly StoredBoot[]> {
  if (macs.length === 0) return []
  const rows = await db
    .selectFrom('boots')
    .select(['appliance', 'json'])
    .where('mac', 'in', [...macs])
    .orderBy('started', 'desc')
    .limit(8 * BOOTS_OF_A_MAC)
    .execute()
  return rows.map(({ appliance, json }) => ({ ...bootRecord.parse(JSON.parse(json)), appliance }))
}

/** Of all machines, newest first. */
export async function newestBoots(db: Kysely<Tables>, limit: number): Promise<readonly StoredBoot[]> {
  const rows = await db.selectFrom('boots').select(['appliance', 'json']).orderBy('started', 'desc').limit(limit).execute()
  return rows.map(({ appliance, json }) => ({ ...bootRecord.parse(JSON.parse(json)), appliance }))
}

/** Of one machine: of all MACs that are its. */
export async function knownBoots(db: Kysely<Tables>, macs: readonly string[]): Promise<readonly KnownBoot[]> {
  return db
    .selectFrom('boots')
    .select(['id', 'mac', 'appliance', 'started', 'outcome'])
    .where('mac', 'in', [...macs])
    .execute()
}

/** Of each MAC, what came up last. */
export async function bootedImages(db: Kysely<Tables>): Promise<readonly BootedImage[]> {
  const rows = await db
    .selectFrom('boots')
    .select(['mac', 'image', 'generation', sql<number>`max(started)`.as('started')])
    .where('outcome', '=', 'up')
    .groupBy(['mac', 'image', 'generation'])
    .orderBy('started')
    .execute()
  return rows.flatMap(({ image, generation, mac, started }) =>
    image === null || generation === null ? [] : [{ mac, image, generation, started: Number(started) }],
  )
}
