// Mounts what people and programs ask beside what agents and appliances ask: API, page, metrics; and tells how the first admin comes in.
import { watchProcess } from '../../appliance/metrics/process.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Access } from '../access/access.ts'
import type { Acting } from '../access/acting.ts'
import type { OidcSignIn } from '../access/oidc/sign-in.ts'
import type { Gateway } from '../agents/server.ts'
import { guestsAway } from '../automations/evacuate/home/plan.ts'
import { isMigration } from '../automations/migrate/ended.ts'
import type { GuestConsoles } from '../consoles/service.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Pool } from '../hosts/service.ts'
import type { ManagerMetrics, MetricsSources } from '../metrics.ts'
import type { Task } from '../reconcile/driver.ts'
import { type Api, createApi } from './api/server.ts'
import { taggedLists } from './api/tagged-lists.ts'
import { createApp } from './app.ts'
import { Calls } from './call.ts'
import { openConsoleDoor } from './console/server.ts'
import { poolEvents } from './events.ts'
import { FirstAdminTask } from './first-admin.ts'
import { Gate, type GateRates } from './gate.ts'
import { createHandlers, type HandlerDeps } from './handlers/all.ts'
import { Rights } from './rights/rights.ts'
import { poolThings } from './rights/things.ts'
import { createPages } from './web/server.ts'

export interface DoorsOptions extends Omit<HandlerDeps, 'metrics'> {
  readonly gateway: Gateway
  /** Where the first admin's link is left. */
  readonly dataDir: string
  /** As it is listened on; browsers are sent there. */
  readonly address: string
  readonly pool: Pool
  readonly consoles: GuestConsoles
  /** Whether what is asked for can be written down. */
  readonly isReady: () => boolean
  readonly access: Access
  readonly acting: Acting
  readonly metrics: ManagerMetrics
  /** Of this start of the manager. */
  readonly epoch: number
  readonly log: Log
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly now: () => number
  readonly rates?: GateRates
  /** Sign-in by an issuer. */
  readonly oidc?: OidcSignIn | undefined
}

export interface Doors {
  /** What API and page ask by. */
  readonly calls: Calls
  readonly api: Api
  readonly firstAdmin: Task
  close(): void
}

/** Resolves when requests are answered. `close` of what it gives ends the streams, and what is measured. */
export async function openDoors(options: DoorsOptions): Promise<Doors> {
  const { gateway, dataDir, address, pool, access, acting, metrics, epoch, log, now, elapsed, rates, oidc } = options
  const watched = watchProcess()
  const sources: MetricsSources = {
    hosts: () => pool.hosts(),
    inventory: (host) => pool.knownInventory(host),
    streams: () => api.streams.size,
    automations: () => options.automations.states(),
    migrations: async () => (await options.automations.open()).filter((one) => one.state === 'running' && isMigration(one)).length,
    waiting: () => options.automations.howManyWait(),
    notifications: () => options.notifications.list(),
    isReady: options.isReady,
    process: watched.facts,
  }
  const { handlers, hosts, matrix } = createHandlers({ ...options, metrics: () => metrics.text(sources) })
  const naming = {
    host: (ref: string) => {
      const view = pool.find(ref)
      return view ? `${view.name} (${view.id})` : ref
    },
  }
  const { guests } = options
  const away = (host: HostView) => guestsAway({ ...guests.plans, book: guests.book }, [host])
  const rights = new Rights(poolThings({ ...options, book: guests.book, away }))
  const calls = new Calls({ handlers, access, acting, naming, rights })
  const events = poolEvents(options)
  const gate = new Gate(access, elapsed, rates)
  const lists = taggedLists({ hosts: (page) => hosts.page(page), matrix: () => matrix.whole() }, { epoch, elapsed })
  const api = createApi({ calls, gate, lists, events, epoch, log, elapsed, answered: metrics.request })
  const pages = await createPages({
    calls,
    gate,
    events,
    reaches: () => matrix.reaches(),
    access,
    epoch,
    log,
    now,
    elapsed,
    oidc,
  })
  const unsubscribe = pool.subscribe(({ kind }) => {
    if (kind === 'sample') metrics.sample()
    if (kind === 'inventory') metrics.report()
  })
  const console = openConsoleDoor({ consoles: options.consoles, gate, rights, log })
  gateway.mountUpgrades((request, socket, head) => console.upgrade(request, socket, head))
  gateway.mount(createApp({ api: api.router, page: pages.router, isReady: options.isReady, log }))
  const firstAdmin = new FirstAdminTask({ access, dataDir, site: `https://${address}:${gateway.port}`, elapsed, log })
  // Whoever started the manager looks for the link now.
  await firstAdmin.step().catch((error: unknown) => log.error({ error }, 'no link for the first admin could be made'))
  return {
    calls,
    api,
    firstAdmin,
    close: () => {
      unsubscribe()
      watched.close()
      console.close()
      pages.close()
      api.close()
    },
  }
}
