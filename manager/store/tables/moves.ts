// The table moves: what became of each move of a guest. Written once, by its end; kept longer than its automation, and bounded.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Moves that have come to their end, whatever that was: kept longer than their automations. */
export interface MovesTable {
  automation: string
  guest: string
  /** Of the guest and its hosts: as they were called. */
  name: string
  from_host: string
  from_name: string
  to_host: string
  to_name: string
  /** `live`, `stopped`. */
  way: string
  /** `done`, `failed`, `aborted`. */
  outcome: string
  reason: string | null
  who: string
  began: number
  ended: number
  /** For disks that were copied whole; of memory, in all tries. */
  disk_bytes: number
  memory_bytes: number
  /** For which the guest stood still at most; null: it never did for it. */
  pause_ms: number | null
  /** Of disks that were copied whole, and did not have to be sent; null: nobody knows. */
  saved_bytes: number | null
}

declare module '../schema.ts' {
  interface Tables {
    moves: MovesTable
  }
}

export const movesSteps: Steps = { 17: createMoves, 19: addSavedBytes }

async function createMoves({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('moves')
    .addColumn('automation', 'text', (column) => column.primaryKey())
    .addColumn('guest', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('from_host', 'text', (column) => column.notNull())
    .addColumn('from_name', 'text', (column) => column.notNull())
    .addColumn('to_host', 'text', (column) => column.notNull())
    .addColumn('to_name', 'text', (column) => column.notNull())
    .addColumn('way', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('began', 'bigint', (column) => column.notNull())
    .addColumn('ended', 'bigint', (column) => column.notNull())
    .addColumn('disk_bytes', 'bigint', (column) => column.notNull())
    .addColumn('memory_bytes', 'bigint', (column) => column.notNull())
    .addColumn('pause_ms', 'bigint')
    .execute()
  await schema.createIndex('moves_by_end').on('moves').columns(['ended', 'automation']).execute()
  await schema.createIndex('moves_by_guest').on('moves').columns(['guest', 'ended']).execute()
}

/** What did not have to be sent; of a move of before nobody knows. */
async function addSavedBytes({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('moves').addColumn('saved_bytes', 'bigint').execute()
}

export async function addMove(transaction: Transaction, row: MovesTable): Promise<void> {
  await transaction
    .insertInto('moves')
    .values(row)
    .onConflict((conflict) => conflict.column('automation').doNothing())
    .execute()
}

/** Undefined: none of that automation has ended, or it is forgotten. */
export async function moveOf(db: Kysely<Tables>, automation: string): Promise<MovesTable | undefined> {
  return db.selectFrom('moves').selectAll().where('automation', '=', automation).executeTakeFirst()
}

export interface MovesAsked {
  /** UUID of a guest, or what it was called. */
  readonly guest?: string | undefined
  /** Id of a host that they came from or went to, or what it was called. */
  readonly host?: string | undefined
  /** Those that are older than this one. */
  readonly before?: Pick<MovesTable, 'ended' | 'automation'> | undefined
  readonly limit: number
}

/** The newest first. */
export async function movesOf(db: Kysely<Tables>, { guest, host, before, limit }: MovesAsked): Promise<readonly MovesTable[]> {
  let rows = db.selectFrom('moves').selectAll().orderBy('ended', 'desc').orderBy('automation', 'desc').limit(limit)
  if (guest !== undefined) rows = rows.where((where) => where.or([where('guest', '=', guest), where('name', '=', guest)]))
  if (host !== undefined)
    rows = rows.where((where) =>
      where.or((['from_host', 'to_host', 'from_name', 'to_name'] as const).map((column) => where(column, '=', host))),
    )
  if (before) {
    const { ended, automation } = before
    rows = rows.where((where) =>
      where.or([where('ended', '<', ended), where.and([where('ended', '=', ended), where('automation', '<', automation)])]),
    )
  }
  return rows.execute()
}

/** Those that ended before, and all but the newest `most`. */
export async function forgetMoves(transaction: Transaction, endedBefore: number, most: number): Promise<void> {
  await transaction.deleteFrom('moves').where('ended', '<', endedBefore).execute()
  const oldest = await transaction
    .selectFrom('moves')
    .select('ended')
    .orderBy('ended', 'desc')
    .orderBy('automation', 'desc')
    .offset(most)
    .limit(1)
    .executeTakeFirst()
  if (oldest) await transaction.deleteFrom('moves').where('ended', '<=', oldest.ended).execute()
}
