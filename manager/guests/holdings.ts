// Which automation has which guest.
import type { Store } from '../store/database.ts'
import { type HoldingRow, holdersBelow } from '../store/tables/automations.ts'

export type Holding = Omit<HoldingRow, 'key'>

const PREFIX = 'guest '

/** By the guest's UUID. */
export async function holdingsOf(db: Store['db']): Promise<ReadonlyMap<string, Holding>> {
  const rows = await holdersBelow(db, PREFIX)
  return new Map(rows.map(({ key, ...holding }) => [key.slice(PREFIX.length), holding]))
}
