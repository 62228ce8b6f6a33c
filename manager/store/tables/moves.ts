// The table moves: what became of each move of a guest. Written once, by its end; kept longer than its automation, and bounded.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { MovesTable } from '../schema/guests.ts'
import type { Tables } from '../schema.ts'

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
