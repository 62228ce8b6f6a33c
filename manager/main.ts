// The manager: store, enrolment, gateway and inventory, composed. `hostless manager --config FILE` runs this.
import { randomBytes, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { limitLog } from '../appliance/wire/limit.ts'
import type { Log } from '../appliance/wire/log.ts'
import { after } from '../appliance/wire/timers.ts'
import type { Access } from './access/access.ts'
import { Acting } from './access/acting.ts'
import { openOidc } from './access/oidc/open.ts'
import { openAccess } from './access/service.ts'
import { NewerManagers } from './agents/newer-managers.ts'
import { type Gateway, startGateway } from './agents/server.ts'
import { publishedIn } from './appliances/published-here.ts'
import { answerAppliance } from './appliances/routes.ts'
import { openAppliances } from './appliances/service.ts'
import { folderFault, siteHooks } from './automation/hooks/exec.ts'
import { sayOpen } from './automation/say-open.ts'
import { type Automations, openAutomations } from './automation/service.ts'
import { automationClaims } from './automation/store/claiming.ts'
import { TaskLocks } from './automation/store/task-locks.ts'
import { gatewayBroker } from './automation/world/broker.ts'
import { poolFeed } from './automation/world/feed.ts'
import { tellEndedMigrations } from './automations/migrate/ended.ts'
import { disksSent } from './automations/migrate/history.ts'
import { OneByOne } from './automations/migrate/one-by-one.ts'
import { MoveRates } from './automations/migrate/rates/rates.ts'
import { MOVE_LIMITS, mostOf } from './automations/migrate/turns.ts'
import { ownLater, withOwn } from './automations/own/broker.ts'
import { planOwn } from './automations/own/plan.ts'
import { RECIPES } from './automations/recipes.ts'
import { Claims } from './claims/service.ts'
import { type ManagerConfig, macsNamed } from './config.ts'
import { GuestConsoles } from './consoles/service.ts'
import type { Api } from './doors/api/server.ts'
import type { Calls } from './doors/call.ts'
import { openDoors } from './doors/server.ts'
import { GuestBook } from './guests/book.ts'
import { openRebuilder } from './guests/rebuild/open.ts'
import { Where } from './guests/where.ts'
import { openPool, type Pool } from './hosts/service.ts'
import { openSiteProperties } from './hosts/site-properties.ts'
import { Measures } from './measures/service.ts'
import { createMetrics } from './metrics.ts'
import { Networks } from './networks/service.ts'
import { PACE } from './notifications/pauses.ts'
import { ownTasks } from './own-tasks.ts'
import { Driver } from './reconcile/driver.ts'
import { FORGET_AFTER } from './reconcile/forgetting.ts'
import { openNotifications } from './reconcile/notifications/open.ts'
import type { ManagerSettings } from './settings.ts'
import { openConnections } from './storage/connections.ts'
import { openScanBook } from './storage/scan-book.ts'
import { begin } from './store/begin.ts'
import type { Store } from './store/database.ts'
import { keepAuthority, keepSiteSecret, newKey, newSerial } from './store/keys/authority.ts'
import { signServer } from './store/keys/certificate.ts'
import { keepMirrorSecrets } from './store/keys/mirror-secrets.ts'
import { keepSealer } from './store/keys/sealing.ts'
import { openData } from './store/open.ts'
import { newHostId } from './store/tables/hosts.ts'
import { type Trouble, watchStore } from './store/trouble.ts'
import { openTasks } from './tasks/service.ts'
import { servedImages } from './vm-images/files/serving.ts'
import { openVmImages, type VmImages } from './vm-images/service.ts'

export interface Manager {
  readonly pool: Pool
  /** What API and page ask by. */
  readonly calls: Calls
  readonly automations: Automations
  readonly images: VmImages
  readonly access: Access
  readonly api: Api
  readonly gateway: Gateway
  readonly store: Store
  /** Resolves when all connections are closed and what they had said is on disk. */
  close(): Promise<void>
}

/** Of refused appliances. */
const REFUSALS = { lines: 5, windowSeconds: 60 }

/** Of listeners that fail: events come by the thousand. */
const FAILED_LISTENERS = { lines: 5, windowSeconds: 60 }

const LOST_AFTER = 30_000
const LARGEST_IMAGE = 256 * 2 ** 30
const STARTS_AT_ONCE = 4

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
  const { dataDir, database, listen, enrol, names, hooks, keepTasks: keepFor = FORGET_AFTER } = config
  const {
    now = Date.now,
    lostAfter = LOST_AFTER,
    limits,
    enrolRate,
    patience,
    probePatience,
    apiRates,
    passwords,
    bundle,
    notifications: pace = PACE,
  } = settings
  const elapsed = () => performance.now()
  const fault = hooks === undefined ? undefined : await folderFault(hooks)
  if (fault !== undefined) throw new Error(fault)
  const opened = await openData({ dataDir, database }, log)
  const metrics = createMetrics()
  const timed: Store = { ...opened, write: (change) => metrics.timed(opened.write(change), elapsed) }
  const acting = new Acting(now)
  let tellTrouble: (trouble: Trouble | undefined) => void = () => undefined
  const watched = watchStore(timed, {
    place: dataDir,
    now,
    onChange: (trouble) => {
      if (trouble) log.error({ trouble: trouble.text }, 'no writes')
      else log.info({}, 'the disk takes writes again')
      tellTrouble(trouble)
    },
  })
  const store = acting.through(watched)
  closing.push(() => store.close())
  const { epoch, before } = await begin(store, dataDir, now)
  if (before === 'lost') log.warn({}, 'the database is new, and the keys are not: see hostless manager rebuild')
  const [authority, siteSecret] = [await keepAuthority(dataDir), await keepSiteSecret(dataDir)]
  const listening = limitLog(log, FAILED_LISTENERS, elapsed)
  const pool = await openPool({ store, trouble: () => watched.trouble(), now, elapsed, lostAfter, log: listening })
  closing.push(() => pool.close())

  const measures = new Measures({ store, pool, now, after, onError: (error) => log.error({ error }, 'what was measured is not on disk') })
  closing.push(() => measures.close())
  const appliances = await openAppliances({ store, pool, now, after, newId: newHostId, log: listening, isPublished: publishedIn(dataDir) })
  const refusals = limitLog(log, REFUSALS, elapsed)
  const scans = await openScanBook(store, listening)
  const sealer = await keepSealer(dataDir)
  const access = openAccess({
    store,
    sealer,
    now,
    elapsed,
    random: randomBytes,
    after,
    log,
    ...passwords,
    elsewhere: config.oidc?.name,
  })
  closing.push(() => access.close())

  const book = new GuestBook({ store, pool, now })
  const images = await openVmImages({
    ...{ dataDir, store, now, after, log: listening, newId: newHostId, mostBytes: config.largestImage ?? LARGEST_IMAGE },
    users: (image) => book.madeOf(image),
    booters: (kernel) => book.bootedBy(kernel),
  })
  closing.push(() => images.close())

  const newer = new NewerManagers()
  const key = newKey()
  const gateway = await startGateway({
    listen,
    tls: { key, certificate: `${await signServer(authority, key, config.reached ?? listen.address, newSerial())}\n${authority.pem}` },
    enrolment: {
      ...{ store, authority, policy: enrol, now, newSerial, newHostId },
      nameOf: (mac) => names.get(mac),
      configured: (mac) => macsNamed(names, names.get(mac)),
    },
    book: pool,
    ...{ epoch, epochs: newer },
    images: servedImages(images.folder),
    appliances: (request, response) => answerAppliance(request, response, { siteSecret, appliances, log: refusals }),
    log,
    now,
    elapsed,
    ...(bundle ? { bundle: bundle.bytes } : {}),
    count: metrics.message,
    ...(limits ? { limits } : {}),
    ...(enrolRate ? { enrolRate } : {}),
    ...(patience === undefined ? {} : { patience }),
    ...(probePatience === undefined ? {} : { probePatience }),
  })
  closing.push(() => gateway.close())
  closing.push(
    pool.subscribe((change) => {
      if (change.kind === 'host' && change.host.trust === 'rejected')
        gateway.disconnect(change.host.id, 'an admin has rejected this machine')
    }),
  )
  const claims = new Claims(store.db, pool)
  const own = ownLater()
  const hostName = (id: string) => pool.host(id)?.name ?? id
  const moveRates = new MoveRates({ store, clock: { now, after }, newId: newHostId })
  const hosts = moveRates.through(gatewayBroker({ gateway, pool, secretOf: await keepMirrorSecrets(dataDir) }))
  const taskLocks = new TaskLocks(store)
  const automations = await openAutomations({
    ...{ store, epoch, recipes: RECIPES, claims: automationClaims(claims), onRecorded: metrics.journaled },
    ...{ clock: { now, after }, feed: poolFeed(pool), hooks: siteHooks({ folder: hooks }) },
    ...{ broker: withOwn(hosts, own.promise), newId: newHostId, log: listening, hostName, tasks: taskLocks },
    mostOf: mostOf({ ...MOVE_LIMITS, ...config.moves }),
  })
  closing.push(() => automations.close())
  await sayOpen(automations, RECIPES, log)
  closing.push(
    tellEndedMigrations({
      automations,
      disksOf: (id) => disksSent(store.db, id),
      after,
      onEnded: metrics.migrated,
      onError: (error) => log.error({ error }, 'moves that have ended are not counted'),
    }),
  )
  const connections = await openConnections({ store, sealer, pool, now, newId: newHostId, log: listening })
  const properties = await openSiteProperties({ store, pool, log: listening })
  const work = openTasks({ automations, images, scans, hostName, now, newId: newHostId, keepFor, log: listening })
  const driver = new Driver({ now, elapsed, after, random: Math.random, log: listening })
  closing.push(() => driver.close())
  const site = `https://${config.reached ?? listen.address}:${gateway.port}`
  const oidc = await openOidc(config.oidc, { site, access, random: randomBytes, elapsed, log: refusals })
  const notifications = openNotifications({
    ...{ store, sealer, pool, automations, now, after, pace, random: Math.random, newId: newHostId, log: listening },
    site,
    onSent: metrics.notified,
  })
  tellTrouble = notifications.trouble
  const networks = new Networks({ store, now, usersOf: (network) => book.attachedTo(network) })
  const where = new Where({ store, pool, networks })
  const plans = { store, pool, book, where, networks, images, newUuid: randomUUID, epoch, now, moves: new OneByOne() }
  own.resolve({ automations, pool, moves: plans.moves, plan: (request) => planOwn(plans, request) })
  const consoles = new GuestConsoles({
    line: (host, guest, back, listener) => gateway.console(host, guest, back, listener),
    ...{ elapsed, after, random: randomBytes },
  })
  const tasks = ownTasks({
    ...{ store, pool, networks, automations, plans, connections, properties, scans, measures, images, appliances },
    ...{ log: listening, now, after, epoch, keepFor, locks: taskLocks },
    request: (host, body, limit) => gateway.request(host, body, limit === undefined ? {} : { limit }),
    random: Math.random,
    nameOf: (mac) => names.get(mac),
    notifying: notifications.task,
    startsAtOnce: config.startsAtOnce ?? STARTS_AT_ONCE,
    bundle,
  })
  for (const task of tasks) driver.start(task)
  const rebuilder = openRebuilder({ store, pool, networks, claims, gateway, newer, names, dataDir, now })
  const doors = await openDoors({
    rebuilder,
    gateway,
    consoles,
    measures,
    dataDir,
    address: config.reached ?? listen.address,
    pool,
    boots: appliances,
    scans,
    connections,
    properties,
    notifications: notifications.book,
    tasks: () => driver.status(),
    findings: settings.findings ?? (() => []),
    access,
    claims,
    networks,
    guests: { book, where, plans },
    automations,
    moveRates,
    work,
    images,
    acting,
    metrics,
    isReady: () => watched.trouble() === undefined,
    epoch,
    log,
    now,
    elapsed,
    ...(apiRates ? { rates: apiRates } : {}),
    oidc,
  })
  closing.push(() => doors.close())
  driver.start(doors.firstAdmin)
  pool.learn().catch((error: unknown) => log.error({ error }, 'the inventories on disk could not be read'))
  return { pool, access, automations, images, calls: doors.calls, api: doors.api, gateway, store }
}
