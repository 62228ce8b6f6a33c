// Sees to it that a host which came back by its certificate alone is known by its first report, so that whoever approves it sees which it is.
import type { Log } from '../../appliance/wire/log.ts'
import type { Pool } from '../hosts/service.ts'
import type { Store } from '../store/database.ts'
import { identify } from './identify.ts'

export interface ReturningDeps {
  readonly store: Store
  readonly pool: Pick<Pool, 'subscribe' | 'host' | 'knownInventory' | 'enrolled'>
  readonly nameOf: (mac: string) => string | undefined
  readonly now: () => number
  readonly log: Log
}

/** Until the function that it returns is called. */
export function identifyReturning({ store, pool, nameOf, now, log }: ReturningDeps): () => void {
  const busy = new Set<string>()
  const see = async (id: string): Promise<void> => {
    const host = pool.host(id)
    const inventory = pool.knownInventory(id)
    if (!host || host.macs.length > 0 || !inventory || inventory.nics.length === 0 || busy.has(id)) return
    busy.add(id)
    try {
      const what = await identify({ store, now, nameOf }, { host, inventory, remembered: undefined })
      await pool.enrolled(id)
      log.info({ host: id, what }, 'a forgotten host is known again')
    } catch (error) {
      log.error({ host: id, error }, 'a forgotten host is not known by its report; the next one is soon')
    } finally {
      busy.delete(id)
    }
  }
  return pool.subscribe((change) => {
    if (change.kind === 'inventory') void see(change.host)
  })
}
