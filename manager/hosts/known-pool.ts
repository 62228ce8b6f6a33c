// What the site's wishes need of the pool.

import type { Inventory } from '../protocol/inventory.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import type { HostView, PoolChange } from './pool-change.ts'

export interface KnownPool {
  hosts(): readonly HostView[]
  host(id: string): HostView | undefined
  inventory(id: string): Promise<Inventory | undefined>
  subscribe(listener: (change: PoolChange) => void): () => void
  alarm(alarm: RaisedAlarm): Promise<void>
  clearAlarm(key: string, who: string): Promise<boolean>
}
