// A pool of three hosts that are up, over a store and a clock that tests set.
import type { ExecutionContext } from 'ava'
import { openPool, type Pool } from '../../../manager/hosts/service.ts'
import { openStore, type Store } from '../../../manager/store/database.ts'
import { sqlite } from '../../../manager/store/dialects/sqlite.ts'
import { addHost } from '../../../manager/store/tables/hosts.ts'
import { collectingLog, type LogLine } from '../../appliance/wire/collecting-log.ts'
import { hostIn } from './conditions.ts'

export const HOSTS = ['host1', 'host2', 'host3']

export interface Opened {
  readonly store: Store
  readonly clock: { now: number; elapsed: number }
  readonly lines: readonly LogLine[]
  reopen(lostAfter?: number): Promise<Pool>
}

export async function open(t: ExecutionContext): Promise<Opened> {
  const store = await openStore(sqlite(':memory:'))
  t.teardown(() => store.close())
  await store.write(async (transaction) => {
    for (const id of HOSTS) {
      await addHost(transaction, {
        id,
        name: id,
        uuid: undefined,
        ...hostIn('up'),
        since: 0,
        groups: [],
        notes: '',
        created: 0,
        attempt: undefined,
      })
    }
  })
  const clock = { now: 1e12, elapsed: 0 }
  const { log, lines } = collectingLog()
  return {
    store,
    clock,
    lines,
    async reopen(lostAfter = 1e9) {
      const pool = await openPool({ store, now: () => clock.now, elapsed: () => clock.elapsed, lostAfter, log })
      await pool.learn()
      return pool
    },
  }
}
