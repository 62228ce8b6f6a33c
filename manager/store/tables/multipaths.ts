// In the table settings, a row a host: how many paths its multipath maps have had, and what is wrong with them. What a map has lost is seen
// only by what it had, also by a manager that was not there then.
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

const wrongMap = z.object({
  /** The map's name on its host. */
  short: z.string(),
  /** As it was last said. */
  text: z.string(),
  /** Paths that carry something. */
  left: z.int().nonnegative(),
  /** What the lost paths led to: `portal 10.0.0.5:3260`. */
  ports: z.array(z.string()).readonly(),
})

export type WrongMap = Readonly<z.output<typeof wrongMap>>

const knownMap = z.object({
  most: z.int().nonnegative(),
  /** How many of these paths led to each portal or port of an array; missing where that is not known. */
  ports: z.record(z.string(), z.int().positive()).exactOptional(),
  /** With so many paths a person has acknowledged it. */
  accepted: z.int().nonnegative().exactOptional(),
  /** What is wrong with it until it is seen well, also when it is not seen at all. */
  wrong: wrongMap.exactOptional(),
})

export type KnownMap = Readonly<z.output<typeof knownMap>>
export type PathsByPort = Readonly<NonNullable<KnownMap['ports']>>
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
