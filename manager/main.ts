// The manager: store, enrolment, gateway and inventory, composed. `hostless manager --config FILE` runs this.
import { performance } from 'node:perf_hooks'
import { limitLog } from '../appliance/wire/limit.ts'
import type { Log } from '../appliance/wire/log.ts'
import type { ConnectionLimits } from './agents/connection.ts'
import type { Rate } from './agents/rate.ts'
import { type Gateway, startGateway } from './agents/server.ts'
import type { Operations, SiteOperations } from './api/operations.ts'
import { createOperations } from './api/pool-operations.ts'
import { answerAppliance } from './appliances/routes.ts'
import { openAppliances } from './appliances/service.ts'
import type { ManagerConfig } from './config.ts'
import { signServer } from './enrolment/certificate.ts'
import { openPool, type Pool } from './inventory/service.ts'
import { openSite } from './site/service.ts'
import { forgetAttempts } from './store/attempts.ts'
import { keepAuthority, keepSiteSecret, newKey, newSerial } from './store/authority.ts'
import { forgetCertificates } from './store/certificates.ts'
import type { Store } from './store/database.ts'
import { newHostId } from './store/hosts.ts'
import { openData } from './store/open.ts'
import { keepSealer } from './store/sealing.ts'
import { nextEpoch } from './store/settings.ts'
import { watchStore } from './store/trouble.ts'

export interface Manager {
  readonly pool: Pool
  readonly operations: Operations
  readonly gateway: Gateway
  readonly store: Store
  /** What an admin wants on every host. */
  readonly site: SiteOperations
  /** Resolves when all connections are closed and what they had said is on disk. */
  close(): Promise<void>
}

export interface ManagerSettings {
  readonly limits?: ConnectionLimits
  readonly enrolRate?: Rate
  /** How long a stranger may take for its handshake and its request, ms. */
  readonly patience?: number
  /** How long a host may be away before it is lost, ms. */
  readonly lostAfter?: number
  readonly now?: () => number
}

/** No appliance tells how boots go on. */
/** Of refused appliances. */
const REFUSALS = { lines: 5, windowSeconds: 60 }

const LOST_AFTER = 30_000
const TICK = 1000
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
  const { dataDir, database, listen, enrol, names } = config
  const { now = Date.now, lostAfter = LOST_AFTER, limits, enrolRate, patience } = settings
  const elapsed = () => performance.now()
  const opened = await openData({ dataDir, database }, log)
  const store = watchStore(opened, {
    place: dataDir,
    now,
    onChange: (trouble) => (trouble ? log.error({ trouble: trouble.text }, 'no writes') : log.info({}, 'the disk takes writes again')),
  })
  closing.push(() => store.close())
  const [authority, siteSecret] = [await keepAuthority(dataDir), await keepSiteSecret(dataDir)]
  const epoch = await store.write((transaction) => nextEpoch(transaction))
  const pool = await openPool({ store, trouble: () => store.trouble(), now, elapsed, lostAfter })
  closing.push(() => pool.close())

  const appliances = await openAppliances({ store, pool, now })
  const refusals = limitLog(log, REFUSALS, elapsed)
  const operations = createOperations({ pool, boots: appliances })

  const forget = () => {
    const before = now() - FORGET_AFTER
    store
      .write(async (transaction) => {
        await forgetAttempts(transaction, before)
        await forgetCertificates(transaction, before)
      })
      .catch((error: unknown) => log.error({ error }, 'what has expired could not be removed'))
  }
  const ticks = setInterval(() => void pool.tick().catch((error: unknown) => log.error({ error }, 'lost hosts and alarms')), TICK)
  const forgets = setInterval(forget, FORGET_PERIOD)
  closing.push(() => {
    clearInterval(ticks)
    clearInterval(forgets)
  })

  const key = newKey()
  const gateway = await startGateway({
    listen,
    tls: { key, certificate: `${await signServer(authority, key, config.reached ?? listen.address, newSerial())}\n${authority.pem}` },
    enrolment: { store, authority, policy: enrol, nameOf: (mac) => names.get(mac), now, newSerial, newHostId },
    book: pool,
    epoch,
    appliances: (request, response) => answerAppliance(request, response, { siteSecret, appliances, log: refusals }),
    log,
    now,
    elapsed,
    ...(limits ? { limits } : {}),
    ...(enrolRate ? { enrolRate } : {}),
    ...(patience === undefined ? {} : { patience }),
  })
  closing.push(() => gateway.close())
  closing.push(
    pool.subscribe((change) => {
      if (change.kind === 'host' && change.host.state === 'rejected')
        gateway.disconnect(change.host.id, 'an admin has rejected this machine')
    }),
  )
  const site = await openSite({
    store,
    sealer: await keepSealer(dataDir),
    pool,
    request: (host, body) => gateway.request(host, body),
    now,
    newId: newHostId,
    after: (milliseconds, action) => {
      const timer = setTimeout(action, milliseconds)
      return () => clearTimeout(timer)
    },
    random: Math.random,
  })
  closing.push(() => site.close())
  pool.learn().catch((error: unknown) => log.error({ error }, 'the inventories on disk could not be read'))
  return { pool, operations, gateway, store, site }
}
