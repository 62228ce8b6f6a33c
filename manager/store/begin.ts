// What a manager does first with its data: its epoch, which is greater than that of every manager before it, also of those whose database is
// lost; and that this was lost, where there are keys and a database that was never used.
import type { Store } from './database.ts'
import { hasAuthority } from './keys/authority.ts'
import { keepEpoch, keptEpoch } from './keys/epoch.ts'
import { newestEpoch, nextEpoch, noteLoss } from './tables/settings.ts'

export interface Begun {
  readonly epoch: number
  /** `lost`: of another database there are only the keys. */
  readonly before: 'known' | 'lost'
}

/** Before the authority is made. */
export async function begin(store: Store, dataDir: string, now: () => number): Promise<Begun> {
  const isLost = (await newestEpoch(store.db)) === 0 && (await hasAuthority(dataDir))
  const kept = await keptEpoch(dataDir)
  const epoch = await store.write(async (transaction) => {
    if (isLost) await noteLoss(transaction, now())
    return nextEpoch(transaction, kept)
  })
  await keepEpoch(dataDir, epoch)
  return { epoch, before: isLost ? 'lost' : 'known' }
}
