// In the table settings, a row a host: how many paths its multipath maps have had. What a map has lost is seen only by what it had, also
// by a manager that was not there then.
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

const knownMap = z.object({
  most: z.int().nonnegative(),
  /** With so many paths a person has acknowledged it. */
  accepted: z.int().nonnegative().exactOptional(),
})

export type KnownMap = Readonly<z.output<typeof knownMap>>
/** By WWID. */
export type KnownMaps = ReadonlyMap<string, KnownMap>

const PREFIX = 'multipaths '

/** By host. */
export async function knownMapsOfAll(db: Kysely<Tables>): Promise<ReadonlyMap<string, KnownMaps>> {
  const rows = await db.selectFrom('settings').selectAll().where('key', 'like', `${PREFIX}%`).execute()
  return new Map(rows.map(({ key, value }) => [key.slice(PREFIX.length), readMaps(value)]))
}

export async function saveKnownMaps(transaction: Transaction, host: string, maps: KnownMaps): Promise<void> {
  const key = `${PREFIX}${host}`
  if (maps.size === 0) {
    await transaction.deleteFrom('settings').where('key', '=', key).execute()
    return
  }
  await transaction
    .insertInto('settings')
    .values({ key, value: JSON.stringify(Object.fromEntries(maps)) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}

function readMaps(value: string): KnownMaps {
  return new Map(Object.entries(z.record(z.string(), knownMap).parse(JSON.parse(value))))
}
