// Sees to it that a host which came back by its certificate alone is known by its first report, so that whoever approves it sees which it is.
import type { Log } from '../../appliance/wire/log.ts'
import { identify } from '../enrolment/identify.ts'
import type { Pool } from '../hosts/service.ts'
import type { Store } from '../store/database.ts'
import type { About, Task, Wake } from './driver.ts'

export interface ReturningTaskDeps {
  readonly store: Store
  readonly pool: Pick<Pool, 'subscribe' | 'host' | 'hosts' | 'knownInventory' | 'enrolled'>
  readonly nameOf: (mac: string) => string | undefined
  readonly now: () => number
  readonly log: Log
}

export class ReturningTask implements Task {
  readonly name = 'returning'
  readonly what = 'knows hosts that came back by their certificate alone by what they report'
  readonly period = 60_000
  readonly #deps: ReturningTaskDeps

  constructor(deps: ReturningTaskDeps) {
    this.#deps = deps
  }

  watches(wake: Wake): () => void {
    return this.#deps.pool.subscribe((change) => {
      if (change.kind === 'inventory' && this.#isNameless(change.host)) wake(0, change.host)
    })
  }

  async step(about: About): Promise<undefined> {
    const { store, pool, now, nameOf, log } = this.#deps
    const failures: unknown[] = []
    for (const id of about === 'all' ? pool.hosts().map((host) => host.id) : about) {
      const host = this.#isNameless(id) ? pool.host(id) : undefined
      const inventory = pool.knownInventory(id)
      if (!host || !inventory || inventory.nics.length === 0) continue
      try {
        const what = await identify({ store, now, nameOf }, { host, inventory, remembered: undefined })
        await pool.enrolled(id)
        log.info({ host: id, what }, 'a forgotten host is known again')
      } catch (error) {
        failures.push(error)
      }
    }
    // Each has had its turn.
    if (failures.length > 0) throw failures[0]
  }

  waitsFor(): readonly string[] {
    const { pool } = this.#deps
    return pool.hosts().flatMap(({ id, name }) => (this.#isNameless(id) ? [`${name}: its first report of NICs`] : []))
  }

  close(): void {}

  #isNameless(id: string): boolean {
    return this.#deps.pool.host(id)?.macs.length === 0
  }
}
