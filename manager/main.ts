// The manager: store, enrolment, gateway and inventory, composed. `hostless manager --config FILE` runs this.
import { randomBytes, randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { limitLog } from '../appliance/wire/limit.ts'
import type { Log } from '../appliance/wire/log.ts'
import { after } from '../appliance/wire/timers.ts'
import type { Access } from './access/access.ts'
import { Acting } from './access/acting.ts'
import { SESSION_IDLE } from './access/credentials.ts'
import type { Rate } from './access/rate.ts'
import { type AccessOptions, openAccess } from './access/service.ts'
import type { ConnectionLimits } from './agents/connection.ts'
import { NewerManagers } from './agents/newer-managers.ts'
import { type Gateway, startGateway } from './agents/server.ts'
import { answerAppliance } from './appliances/routes.ts'
import { openAppliances } from './appliances/service.ts'
import { folderFault, siteHooks } from './automation/hooks/exec.ts'
import { OperatorAlarms } from './automation/operator-alarms.ts'
import { type Automations, openAutomations } from './automation/service.ts'
import { automationClaims } from './automation/store/claiming.ts'
import { gatewayBroker } from './automation/world/broker.ts'
import { poolFeed } from './automation/world/feed.ts'
import { GuestUpkeep } from './automations/guests/upkeep/upkeep.ts'
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
import type { GateRates } from './doors/gate.ts'
import { openDoors } from './doors/server.ts'
import { identifyReturning } from './enrolment/returning.ts'
import { GuestBook } from './guests/book.ts'
import { openRebuilder } from './guests/rebuild/open.ts'
import { Where } from './guests/where.ts'
import { openPool, type Pool } from './hosts/service.ts'
import { openSiteProperties } from './hosts/site-properties.ts'
import { Measures } from './measures/service.ts'
import { createMetrics } from './metrics.ts'
import { Networks } from './networks/service.ts'
import type { RequestBody } from './protocol/requests.ts'
import { type AgentBundle, VersionTask } from './reconcile/agent-versions.ts'
import { ConnectionTask } from './reconcile/connections.ts'
import { Driver } from './reconcile/driver.ts'
import { LeftDiskTask } from './reconcile/left-disks.ts'
import { PropertyTask } from './reconcile/properties.ts'
import { RecordTask } from './reconcile/records.ts'
import { ScanTask } from './reconcile/scans.ts'
import { openConnections } from './storage/connections.ts'
import { ScanAlarms } from './storage/scan-alarms.ts'
import { openScanBook } from './storage/scan-book.ts'
import { begin } from './store/begin.ts'
import type { Store } from './store/database.ts'
import { keepAuthority, keepSiteSecret, newKey, newSerial } from './store/keys/authority.ts'
import { signServer } from './store/keys/certificate.ts'
import { keepMirrorSecrets } from './store/keys/mirror-secrets.ts'
import { keepSealer } from './store/keys/sealing.ts'
import { openData } from './store/open.ts'
import { forgetAttempts } from './store/tables/attempts.ts'
import { forgetCertificates } from './store/tables/certificates.ts'
import { newHostId } from './store/tables/hosts.ts'
import { forgetMoves } from './store/tables/moves.ts'
import { forgetSessions } from './store/tables/sessions.ts'
import { forgetTokens } from './store/tables/tokens.ts'
import { watchStore } from './store/trouble.ts'
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

export interface ManagerSettings {
  readonly limits?: ConnectionLimits
  readonly enrolRate?: Rate
  /** How long a stranger may take for its handshake and its request, ms. */
  readonly patience?: number
  /** How long a connected agent may take to say that it is there, ms. */
  readonly probePatience?: number
  /** How long a host may be away before it is lost, ms. */
  readonly lostAfter?: number
  readonly now?: () => number
  /** What agents are upgraded to; left out: they stay as they are. */
  readonly bundle?: AgentBundle
  readonly apiRates?: GateRates
  readonly passwords?: Pick<AccessOptions, 'cost' | 'rates'>
}

/** Of refused appliances. */
const REFUSALS = { lines: 5, windowSeconds: 60 }

/** Of listeners that fail: events come by the thousand. */
const FAILED_LISTENERS = { lines: 5, windowSeconds: 60 }

const LOST_AFTER = 30_000
const LARGEST_IMAGE = 256 * 2 ** 30
const STARTS_AT_ONCE = 4
const TICK = 1000
const FORGET_PERIOD = 3600_000
/** What has expired so long ago can be used for nothing, ms: an agent may come back from an absence of the manager. */
const FORGET_AFTER = 30 * 24 * 3600_000
/** What became of moves, ms and rows. */
const FORGET_MOVES_AFTER = 400 * 24 * 3600_000
const MOST_MOVES = 100_000

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
  const { now = Date.now, lostAfter = LOST_AFTER, limits, enrolRate, patience, probePatience, apiRates, passwords, bundle } = settings
  const elapsed = () => performance.now()
  const fault = hooks === undefined ? undefined : await folderFault(hooks)
  if (fault !== undefined) throw new Error(fault)
  const opened = await openData({ dataDir, database }, log)
  const metrics = createMetrics()
  const timed: Store = { ...opened, write: (change) => metrics.timed(opened.write(change), elapsed) }
  const acting = new Acting(now)
  const watched = watchStore(timed, {
    place: dataDir,
    now,
    onChange: (trouble) => (trouble ? log.error({ trouble: trouble.text }, 'no writes') : log.info({}, 'the disk takes writes again')),
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
  const appliances = await openAppliances({ store, pool, now, after, log: listening })
  const refusals = limitLog(log, REFUSALS, elapsed)
  const scans = await openScanBook(store, listening)
  const access = openAccess({ store, now, elapsed, random: randomBytes, after, log, ...passwords })
  closing.push(() => access.close())

  const forget = async () => {
    const before = now() - FORGET_AFTER
    await store.write(async (transaction) => {
      await forgetAttempts(transaction, before)
      await forgetCertificates(transaction, before)
      await forgetTokens(transaction, now())
      await forgetSessions(transaction, now() - SESSION_IDLE)
      await forgetMoves(transaction, now() - FORGET_MOVES_AFTER, MOST_MOVES)
    })
    await measures.forget()
    await automations.forget(now() - keepFor)
    await forgetSeeds()
  }
  // What an automation has made for itself, and not begun with, is not old yet.
  const forgetSeeds = async () => {
    const open = (await automations.open()).map(({ args }) => JSON.stringify(args))
    await images.forgetSeeds(now() - FORGET_PERIOD, (id) => open.some((args) => args.includes(id)))
  }
  const ticks = setInterval(() => void pool.tick().catch((error: unknown) => log.error({ error }, 'lost hosts and alarms')), TICK)
  const forgets = setInterval(
    () => void forget().catch((error: unknown) => log.error({ error }, 'what has expired could not be removed')),
    FORGET_PERIOD,
  )
  closing.push(() => {
    clearInterval(ticks)
    clearInterval(forgets)
  })

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
    identifyReturning({ store, pool, nameOf: (mac) => names.get(mac), now, log: listening }),
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
  const automations = await openAutomations({
    ...{ store, epoch, recipes: RECIPES, claims: automationClaims(claims) },
    ...{ clock: { now, after }, feed: poolFeed(pool), hooks: siteHooks({ folder: hooks }) },
    broker: withOwn(hosts, own.promise),
    ...{ newId: newHostId, log: listening, hostName },
    onRecorded: metrics.journaled,
    mostOf: mostOf({ ...MOVE_LIMITS, ...config.moves }),
  })
  closing.push(() => automations.close())
  for (const { id, title, state, recipe, version } of await automations.open()) {
    const known = RECIPES.find(({ name }) => name === recipe)?.version
    const fields = { automation: id, title, state, recipe, version }
    if (known === version) log.info(fields, 'an automation goes on')
    else log.warn({ ...fields, known }, 'an automation of another version waits: hostless automation resume, or abort')
  }
  const operatorAlarms = new OperatorAlarms({ automations, pool, after, onError: (error) => log.error({ error }, 'alarms of automations') })
  closing.push(() => operatorAlarms.close())
  const onEnded = metrics.migrated
  closing.push(
    tellEndedMigrations({
      automations,
      disksOf: (id) => disksSent(store.db, id),
      after,
      onEnded,
      onError: (error) => log.error({ error }, 'moves that have ended are not counted'),
    }),
  )
  const asking = { pool, request: (host: string, body: RequestBody) => gateway.request(host, body), after, random: Math.random }
  const connections = await openConnections({ store, sealer: await keepSealer(dataDir), pool, now, newId: newHostId, log: listening })
  const properties = await openSiteProperties({ store, pool, log: listening })
  const work = openTasks({ automations, images, scans, hostName, now, newId: newHostId, keepFor, log: listening })
  const scanAlarms = new ScanAlarms({ pool, book: scans, after, onError: (error) => log.error({ error }, 'alarms of failed looks') })
  closing.push(() => scanAlarms.close())
  const driver = new Driver({ now, elapsed, after, random: Math.random, log: listening })
  closing.push(() => driver.close())
  driver.start(new ConnectionTask({ ...asking, connections }))
  driver.start(new PropertyTask({ ...asking, properties }))
  const look = (host: string, body: RequestBody, limit: number) => gateway.request(host, body, { limit })
  driver.start(new ScanTask({ pool, request: look, book: scans, now, after }))
  driver.start(new LeftDiskTask({ store, pool, request: look, now, epoch, after, random: Math.random }))
  if (bundle) driver.start(new VersionTask({ ...asking, bundle }))
  const networks = new Networks({ store, now, usersOf: (network) => book.attachedTo(network) })
  const where = new Where({ store, pool, networks })
  const plans = { store, pool, book, where, networks, images, newUuid: randomUUID, epoch, now, moves: new OneByOne() }
  own.resolve({ automations, pool, moves: plans.moves, plan: (request) => planOwn(plans, request) })
  const upkeep = new GuestUpkeep({
    ...{ store, pool, automations, plans, now, after, most: config.startsAtOnce ?? STARTS_AT_ONCE },
    onError: (error) => log.error({ error }, 'guests are not looked after; the next look is soon'),
  })
  closing.push(() => upkeep.close())
  const consoles = new GuestConsoles({
    line: (host, guest, back, listener) => gateway.console(host, guest, back, listener),
    ...{ elapsed, after, random: randomBytes },
  })
  driver.start(new RecordTask({ ...asking, store, networks, now, epoch }))
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
    tasks: () => driver.status(),
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
    epoch,
    log,
    now,
    elapsed,
    ...(apiRates ? { rates: apiRates } : {}),
  })
  closing.push(() => doors.close())
  pool.learn().catch((error: unknown) => log.error({ error }, 'the inventories on disk could not be read'))
  return { pool, access, automations, images, calls: doors.calls, api: doors.api, gateway, store }
}
