// Brings inventories from disk into memory: one that is asked for, or all of them one after the other, with room between for what hosts
// report meanwhile. That always comes first: it is newer.
import { setImmediate as breath } from 'node:timers/promises'
import type { Inventory } from '../protocol/inventory.ts'
import type { Store } from '../store/database.ts'
import { inventoryOf } from '../store/tables/inventories.ts'
import type { LiveHost } from './live-host.ts'

export class InventoryReader {
  readonly #db: Store['db']
  readonly #hosts: ReadonlyMap<string, LiveHost>
  readonly #onRead: (host: LiveHost) => void
  #all: Promise<'all' | 'stopped'> | undefined
  #closed = false

  /** `onRead`: called for every host, once it is read. */
  constructor(db: Store['db'], hosts: ReadonlyMap<string, LiveHost>, onRead: (host: LiveHost) => void) {
    this.#db = db
    this.#hosts = hosts
    this.#onRead = onRead
  }

  /** Undefined before its first report. */
  async read(id: string): Promise<Inventory | undefined> {
    const live = this.#hosts.get(id)
    while (live && !live.inventory) {
      const { revision } = live
      const read = await inventoryOf(this.#db, id)
      if (!read) return live.inventory
      if (live.revision === revision) live.inventory ??= read // else a report has come meanwhile
    }
    return live?.inventory
  }

  /** Resolves when all are read, or the reader was closed. */
  readAll(): Promise<'all' | 'stopped'> {
    this.#all ??= this.#readAll()
    return this.#all
  }

  /** Resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#all?.catch(() => undefined)
  }

  async #readAll(): Promise<'all' | 'stopped'> {
    for (const live of this.#hosts.values()) {
      if (this.#closed) return 'stopped'
      await this.read(live.record.id)
      this.#onRead(live)
      await breath()
    }
    return 'all'
  }
}
