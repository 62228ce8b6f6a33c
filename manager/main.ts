// The manager: store, enrolment, gateway and inventory, composed. `hostless manager --config FILE` runs this.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { Log } from '../appliance/wire/log.ts'
import type { Access } from './access/access.ts'
import { type AccessOptions, openAccess } from './access/service.ts'
import type { ConnectionLimits } from './agents/connection.ts'
import type { Rate } from './agents/rate.ts'
import { type Gateway, startGateway } from './agents/server.ts'
import type { Operations } from './api/operations.ts'
import { type BootBook, createOperations } from './api/pool-operations.ts'
import { type Api, type ApiRates, createApi } from './api/server.ts'
import type { ManagerConfig } from './config.ts'
import { signServer } from './enrolment/certificate.ts'
import { createApp } from './http/app.ts'
import { openPool, type Pool } from './inventory/service.ts'
import { createMetrics, type MetricsSources } from './metrics.ts'
import { forgetAttempts, saveAttempt } from './store/attempts.ts'
import { keepAuthority, keepSiteSecret, newKey, newSerial } from './store/authority.ts'
import { forgetCertificates } from './store/certificates.ts'
import { openStore, type Store } from './store/database.ts'
import { copyBeforePath, databasePath, lockData } from './store/files.ts'
import { newHostId } from './store/hosts.ts'
import { nextEpoch } from './store/settings.ts'
import { sqlite } from './store/sqlite.ts'

export interface Manager {
  readonly pool: Pool
  readonly operations: Operations
  readonly access: Access
  readonly api: Api
  readonly gateway: Gateway
  readonly store: Store
  /** Resolves when all connections are closed and what they had said is on disk. */
  close(): Promise<void>
}

export interface ManagerSettings {
  readonly limits?: ConnectionLimits
  readonly enrolRate?: Rate
  /** How long a host may be away before it is lost, ms. */
  readonly lostAfter?: number
  readonly now?: () => number
  readonly apiRates?: ApiRates
  readonly passwords?: Pick<AccessOptions, 'cost' | 'rates'>
}

/** No appliance tells how boots go on. */
const NO_BOOTS: BootBook = { attempts: async () => [], imageOf: () => undefined, subscribe: () => () => undefined }

const LOST_AFTER = 30_000
const TICK = 1000
const INVITE_PERIOD = 3600_000
const FORGET_PERIOD = 3600_000
/** What has expired so long ago can be used for nothing, ms: an agent may come back from an absence of the manager. */
const FORGET_AFTER = 30 * 24 * 3600_000

/** Serves until `close`. Rejects, leaving nothing open, when it cannot: the error says what to do. */
export async function startManager(config: ManagerConfig, log: Log, settings: ManagerSettings = {}): Promise<Manager> {
  const closing: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    return { ...(await start(config, log, settings, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function start(
  config: ManagerConfig,
  log: Log,
  settings: ManagerSettings,
  closing: (() => Promise<void> | void)[],
): Promise<Omit<Manager, 'close'>> {
  const { dataDir, listen, enrol, names } = config
  const { now = Date.now, lostAfter = LOST_AFTER, limits, enrolRate, apiRates, passwords } = settings
  const elapsed = () => performance.now()
  await mkdir(dataDir, { recursive: true, mode: 0o755 })
  closing.push(lockData(dataDir))
  const [authority, siteSecret] = [await keepAuthority(dataDir), await keepSiteSecret(dataDir)]
  const opened = await openStore(sqlite(databasePath(dataDir)), { copyBefore: (version) => copyBeforePath(dataDir, version) })
  const metrics = createMetrics()
  const store: Store = { ...opened, write: (change) => timed(opened.write(change), elapsed, metrics.written) }
  closing.push(() => store.close())
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  const pool = await openPool({ store, now, elapsed, lostAfter })

  const operations = createOperations({ pool, boots: NO_BOOTS })
  const access = openAccess({ store, now, elapsed, randomBytes, log, ...passwords })

  const forget = () => {
    const before = now() - FORGET_AFTER
    store
      .write(async (transaction) => {
        await forgetAttempts(transaction, before)
        await forgetCertificates(transaction, before)
      })
      .catch((error: unknown) => log.error({ error }, 'what has expired could not be removed'))
  }
  const ticks = setInterval(() => void pool.tick().catch((error: unknown) => log.error({ error }, 'lost hosts')), TICK)
  const forgets = setInterval(forget, FORGET_PERIOD)
  closing.push(() => {
    clearInterval(ticks)
    clearInterval(forgets)
  })

  const key = newKey()
  const gateway = await startGateway({
    listen,
    tls: { key, certificate: `${await signServer(authority, key, listen.address, newSerial())}\n${authority.pem}` },
    enrolment: { store, authority, policy: enrol, nameOf: (mac) => names.get(mac), now, newSerial, newHostId },
    book: pool,
    epoch,
    siteSecret,
    saveAttempts: (attempts) =>
      store.write(async (transaction) => {
        for (const attempt of attempts) await saveAttempt(transaction, attempt)
      }),
    log,
    now,
    elapsed,
    count: metrics.message,
    ...(limits ? { limits } : {}),
    ...(enrolRate ? { enrolRate } : {}),
  })
  closing.push(() => gateway.close())
  closing.push(
    pool.subscribe((change) => {
      if (change.kind === 'host' && change.host.state === 'rejected')
        gateway.disconnect(change.host.id, 'an admin has rejected this machine')
    }),
  )

  const loopDelay = watchLoop(closing)
  const sources: MetricsSources = {
    hosts: () => pool.hosts(),
    streams: () => api.streams.size,
    process: () => ({ ...usage(), loopDelay: loopDelay() }),
  }
  const api: Api = createApi({
    operations,
    access,
    log,
    elapsed,
    epoch,
    metrics: () => metrics.text(sources),
    answered: metrics.request,
    ...(apiRates ? { rates: apiRates } : {}),
  })
  closing.push(() => api.close())
  gateway.mount(createApp({ api: api.router, log }))
  closing.push(
    pool.subscribe(({ kind }) => {
      if (kind === 'sample') metrics.sample()
      if (kind === 'inventory') metrics.report()
    }),
  )

  const invite = async () => {
    const code = await access.firstAdminCode()
    if (code === undefined) return clearInterval(invites)
    const link = `https://${listen.address}:${gateway.port}/first-admin?code=${code}`
    log.info({}, `there is no user yet: make the first admin within the hour at ${link}`)
  }
  const invites = setInterval(() => void invite().catch((error: unknown) => log.error({ error }, 'first admin')), INVITE_PERIOD)
  closing.push(() => clearInterval(invites))
  await invite()
  return { pool, operations, access, api, gateway, store }
}

async function timed<Value>(work: Promise<Value>, elapsed: () => number, tell: (seconds: number) => void): Promise<Value> {
  const started = elapsed()
  try {
    return await work
  } finally {
    tell((elapsed() - started) / 1000)
  }
}

/** Gives what has been measured since it was last asked, in seconds. */
function watchLoop(closing: (() => void)[]): () => ReturnType<MetricsSources['process']>['loopDelay'] {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  closing.push(() => void delay.disable())
  return () => {
    const [median, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((nanoseconds) => nanoseconds / 1e9)
    delay.reset()
    return { median: median ?? 0, p99: p99 ?? 0, max: max ?? 0 }
  }
}

function usage(): { readonly rssBytes: number; readonly cpuSeconds: number } {
  const { user, system } = process.cpuUsage()
  return { rssBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 }
}
