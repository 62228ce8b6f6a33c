// Mounts what people and programs ask beside what agents and appliances ask: API, page, metrics; and tells how the first admin comes in.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Log } from '../../appliance/wire/log.ts'
import type { Access } from '../access/access.ts'
import type { Gateway } from '../agents/server.ts'
import type { Operations, SiteOperations } from '../api/operations.ts'
import { type Api, type ApiRates, createApi } from '../api/server.ts'
import type { Pool } from '../hosts/service.ts'
import type { ManagerMetrics, MetricsSources } from '../metrics.ts'
import { dropFirstAdminLink, keepFirstAdminLink } from '../store/keys/first-admin-link.ts'
import { createPages } from '../web/server.ts'
import { createApp } from './app.ts'

export interface HttpOptions {
  readonly gateway: Gateway
  /** Where the first admin's link is left. */
  readonly dataDir: string
  /** As it is listened on; browsers are sent there. */
  readonly address: string
  readonly pool: Pool
  readonly operations: Operations
  readonly site: SiteOperations
  readonly access: Access
  readonly metrics: ManagerMetrics
  readonly epoch: number
  readonly log: Log
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  readonly now: () => number
  readonly rates?: ApiRates
}

/** A first admin's code is good for so long, ms. */
const INVITE_PERIOD = 3600_000

/** Resolves when requests are answered. `close` of what it gives ends the streams, and what is measured. */
export async function mountHttp(options: HttpOptions): Promise<Api> {
  const { gateway, dataDir, address, pool, operations, site, access, metrics, epoch, log, now, elapsed, rates } = options
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  const sources: MetricsSources = {
    hosts: () => pool.hosts(),
    inventory: (host) => pool.knownInventory(host),
    streams: () => api.streams.size,
    process: () => {
      const [median, p99, max] = [delay.percentile(50) / 1e9, delay.percentile(99) / 1e9, delay.max / 1e9]
      delay.reset()
      const { user, system } = process.cpuUsage()
      return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6, loopDelay: { median, p99, max } }
    },
  }
  const answered = metrics.request
  const pages = await createPages({ operations, site, access, log, now, elapsed })
  const text = () => metrics.text(sources)
  const api = createApi({ operations, site, access, log, elapsed, epoch, metrics: text, answered, ...(rates ? { rates } : {}) })
  const unsubscribe = pool.subscribe(({ kind }) => {
    if (kind === 'sample') metrics.sample()
    if (kind === 'inventory') metrics.report()
  })
  gateway.mount(createApp({ api: api.router, page: pages.router, log }))
  const invites = await inviteFirstAdmin(access, dataDir, `https://${address}:${gateway.port}`, log)
  return {
    ...api,
    close: () => {
      clearInterval(invites)
      unsubscribe()
      delay.disable()
      pages.close()
      api.close()
    },
  }
}

async function inviteFirstAdmin(access: Access, dataDir: string, site: string, log: Log): Promise<NodeJS.Timeout> {
  const invite = async () => {
    const code = await access.firstAdminCode()
    if (code === undefined) {
      clearInterval(invites)
      return dropFirstAdminLink(dataDir)
    }
    const path = await keepFirstAdminLink(dataDir, `${site}/first-admin?code=${code}`)
    log.info({}, `there is no user yet: the link to make the first admin, good for an hour, is in ${path}`)
  }
  const failed = (error: unknown) => log.error({ error }, 'no link for the first admin could be made')
  const invites = setInterval(() => void invite().catch(failed), INVITE_PERIOD)
  invites.unref()
  await invite().catch(failed)
  return invites
}
