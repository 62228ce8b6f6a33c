// The appliance: everything a rack needs to boot, composed. `hostless appliance --config FILE` runs this.
import { mkdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { Catalogue } from '../images/catalogue.ts'
import { hostKeyOf } from './boot/known-host.ts'
import { compileTemplates } from './boot/templates.ts'
import { type RunningCaptures, startCaptures } from './capture/main.ts'
import { type Config, describeProblems, hostNames, parseConfig } from './config.ts'
import { startDhcpServer } from './dhcp/server.ts'
import { dhcpSettings } from './dhcp-settings.ts'
import { startControlServer } from './http/control/server.ts'
import { startHttpServer } from './http/server.ts'
import { KnownPlan, linkToManager } from './manager-link/main.ts'
import { findManager, managerPlace, NO_MANAGER } from './manager-link/place.ts'
import { Measured } from './metrics/measured.ts'
import { startNfsServer } from './nfs-server-lite/server.ts'
import { dhcpEvent, dropEvent, fileEvent, tftpEvent } from './observations.ts'
import { ownVersion, readTemplates } from './package-files.ts'
import { startRouterAdvertiser } from './ra/server.ts'
import { lentToOthers, RunningConfig } from './reload.ts'
import { answerJoin, answerScript, answerXenConfig, type BootDesk, isOnRack, macOf, strangerToAttempt } from './runner.ts'
import { newAttemptId, openAttemptStore } from './store/attempts.ts'
import { openStore, type Store } from './store/database.ts'
import { nfsKey } from './store/files.ts'
import { FollowedOrders } from './store/followed-orders.ts'
import { Leases } from './store/leases.ts'
import { applianceFolder } from './store/own-folder.ts'
import { SharedFiles } from './store/shared-files.ts'
import { readAuthority } from './store/site-keys.ts'
import { UnpushedTokens } from './store/unpushed-tokens.ts'
import { startTftpServer } from './tftp/server.ts'
import { openBootFile, statLoader, toolsHere } from './tftp-tree.ts'
import { reportEvent } from './timeline/report.ts'
import { AttemptRunner } from './timeline/runner.ts'
import { newTracker } from './timeline/tracker.ts'
import { parseIpv4 } from './wire/addresses.ts'
import type { Log } from './wire/log.ts'
import { openUdpOn } from './wire/sockets/udp.ts'

/** A config that cannot be served; the message lists every problem with its line. */
export class ConfigRefused extends Error {
  override readonly name = 'ConfigRefused'
}

export interface Appliance {
  /** Resolves when all sockets are closed and the store is. */
  close(): Promise<void>
}

/** How often new generations and stuck boots are looked for, ms. */
const CATALOGUE_PERIOD = 5000
const TICK_PERIOD = 1000

/** Throws ConfigRefused; rejects with the file system's error when the file cannot be read. */
export async function loadConfig(file: string): Promise<Config> {
  const parsed = parseConfig(await readFile(file, 'utf8'), file, networkInterfaces())
  if (parsed.kind === 'refused') throw new ConfigRefused(describeProblems(parsed.problems))
  return parsed.config
}

/** Serves until `close`. Rejects, leaving nothing open, when any server cannot start: the error says what to do. `again` reads the config for a reload. */
export async function startAppliance(config: Config, log: Log, again: () => Promise<Config> = async () => config): Promise<Appliance> {
  const closing: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).reverse()) await end()
  }
  try {
    await startServers(new RunningConfig(config), again, log, closing)
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

async function startServers(
  running: RunningConfig,
  again: () => Promise<Config>,
  log: Log,
  closing: (() => Promise<void> | void)[],
): Promise<void> {
  const { config } = running
  const { dataDir, network } = config
  await mkdir(dataDir, { recursive: true, mode: 0o755 })
  const catalogue = new Catalogue(dataDir, log)
  closing.push(() => catalogue.close())
  await catalogue.refresh()
  const measured = new Measured({ pools: () => poolsOf(running.config), now: Date.now, elapsed: () => performance.now() })
  closing.push(() => measured.close())
  const { metrics } = measured
  const { desk, database, plan, tokens, captures } = await openDesk(running, catalogue, measured, log, closing)
  const { attempts, leases, server } = desk
  const now = Date.now
  const place = managerPlace(config)
  if (place) {
    const tools = { there: await toolsHere(), look: toolsHere }
    const told = { database, plan, tokens, followed: desk.followed, attempts, leases, captures: captures.kept, tools }
    const link = linkToManager({ config, place, version: await ownVersion(), ...told, log })
    closing.push(() => link.close())
  }

  const nfs = await startNfsServer({
    address: network.address,
    port: config.nfs.port,
    portmap: config.nfs.portmap ? { port: 111 } : undefined,
    exports: () => catalogue,
    mayRead: (client) => isOnRack(running.config, parseIpv4(client)),
    handleKey: await nfsKey(applianceFolder(dataDir)),
    log,
    onMount: (observation) => {
      const mac = macOf(desk, observation.clientAddress)
      if (mac && observation.kind === 'mounted') attempts.observe(mac, { kind: 'mount', path: observation.path })
    },
    onDropped: (client, reason) => {
      metrics.dropped('nfs')
      const mac = macOf(desk, client)
      if (mac) attempts.observe(mac, dropEvent('nfs', reason))
    },
    now,
  })
  closing.push(() => nfs.close())

  const http = await startHttpServer({
    address: network.address,
    port: config.http.port,
    script: (mac, peer) => answerScript(desk, mac, peer, 'http'),
    xenConfig: (attempt, peer) => answerXenConfig(desk, attempt, peer),
    join: (mac, stick, peer) => answerJoin(desk, mac, peer, stick),
    loader: (name) => statLoader(name),
    file: async (generation, name) => {
      const found = await catalogue.component(generation, name)
      return found.kind === 'component' ? found : undefined
    },
    self: measured.watch(attempts, leases),
    manager: async (attempt, peer) => {
      const stranger = strangerToAttempt(desk, attempt, peer)
      if (stranger !== undefined) return { kind: 'refusal', reason: stranger }
      return place ? findManager(place, await readAuthority(dataDir)) : NO_MANAGER
    },
    report: (attempt, report, peer) => {
      const from = parseIpv4(peer)
      const reason = from ? attempts.report(attempt, from, reportEvent(report), (mac) => leases.byMac(mac)?.address) : 'not over IPv4'
      if (reason !== undefined) log.warn({ attempt, peer, reason }, 'report refused')
      return reason === undefined ? { kind: 'accepted' } : { kind: 'refusal', reason }
    },
    onFile: (observation) => {
      const mac = macOf(desk, observation.peer)
      if (mac) attempts.observe(mac, fileEvent(observation))
    },
    onDropped: (peer, reason) => {
      metrics.dropped('http')
      const mac = macOf(desk, peer)
      if (mac) attempts.observe(mac, dropEvent('http', reason))
    },
    log,
  })
  closing.push(() => http.close())

  const shared = new SharedFiles()
  const tftp = await startTftpServer({
    port: config.tftp.port,
    bind: (port) => openUdpOn(network.interface, port),
    open: (path, peer) => openBootFile(desk, path, peer.address, shared),
    onTransfer: (observation) => {
      const mac = macOf(desk, observation.peer.address)
      const event = tftpEvent(observation)
      if (mac && event) attempts.observe(mac, event)
    },
    onDropped: (peer, reason) => {
      metrics.dropped('tftp')
      const mac = macOf(desk, peer.address)
      if (mac) attempts.observe(mac, dropEvent('tftp', reason))
    },
    log,
  })
  closing.push(() => tftp.close())

  // iPXE asks for routers before anything else: answer from the first.
  const advertiser = await startRouterAdvertiser({ interface: network.interface, log })
  closing.push(() => advertiser.close())
  const dhcpServer = await startDhcpServer({
    interface: network.interface,
    settings: dhcpSettings(config),
    store: leases,
    bootTarget: server,
    now,
    log,
    onExchange: (exchange) => {
      metrics.exchange(exchange)
      attempts.observeSoon(exchange.mac, dhcpEvent(exchange))
    },
    onDropped: ({ mac, reason }) => {
      metrics.dropped('dhcp')
      attempts.observe(mac, dropEvent('dhcp', reason))
    },
  })
  closing.push(() => dhcpServer.close())
  running.follow((taken) => {
    const key = hostKeyOf(taken.hosts)
    leases.rekey(key)
    attempts.rekey(key)
    plan.heed(taken)
    dhcpServer.take(dhcpSettings(taken))
  })

  const control = await startControlServer({
    socket: join(applianceFolder(dataDir), 'appliance.sock'),
    attempts: () => attempts.views(),
    subscribe: (listener) => attempts.subscribe(listener),
    leases: () => leases.list(),
    forget: (mac) => {
      attempts.forget(mac)
      return leases.release(mac).length
    },
    reload: async () => {
      try {
        const reloaded = { ...running.take(await again()), notes: lentToOthers(running.config, leases, now()) }
        log.info({ ...reloaded }, 'config read again')
        return { kind: 'reloaded', ...reloaded }
      } catch (error) {
        return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) }
      }
    },
    log,
  })
  closing.push(() => control.close())
  measured.serves()
}

interface OpenDesk {
  readonly desk: BootDesk
  readonly database: Store
  readonly plan: KnownPlan
  readonly tokens: UnpushedTokens
  readonly captures: RunningCaptures
}

async function openDesk(
  running: RunningConfig,
  catalogue: Catalogue,
  measured: Measured,
  log: Log,
  closing: (() => Promise<void> | void)[],
): Promise<OpenDesk> {
  const { config } = running
  const database = openStore(join(applianceFolder(config.dataDir), 'appliance.db'))
  closing.push(() => void database.close())
  const tokens = new UnpushedTokens(database, log)
  const store = openAttemptStore(database, tokens)
  const attempts = new AttemptRunner({
    tracker: newTracker(hostNames(config), store.load(), hostKeyOf(config.hosts)),
    save: (writes) => (writes.length > 0 ? measured.timed(() => store.save(writes)) : undefined),
    now: Date.now,
    newId: newAttemptId,
    later: setImmediate,
    log,
  })
  const plan = new KnownPlan(config, database, attempts)
  const captures = await startCaptures({ running, plan, attempts, log })
  closing.push(() => captures.close())
  const refresh = setInterval(() => void catalogue.refresh().catch((error: unknown) => log.error({ error }, 'images')), CATALOGUE_PERIOD)
  const ticks = setInterval(() => attempts.tick(), TICK_PERIOD)
  closing.push(() => {
    clearInterval(refresh)
    clearInterval(ticks)
  })
  const { address } = config.network
  const desk: BootDesk = {
    get config() {
      return running.config
    },
    server: { address, httpPort: config.http.port, nfsPort: config.nfs.port, tftpPort: config.tftp.port },
    fill: compileTemplates(await readTemplates()),
    images: catalogue,
    leases: new Leases(database, Date.now, hostKeyOf(config.hosts), undefined, (write) => measured.timed(write)),
    attempts,
    store: captures.hiding(store),
    followed: new FollowedOrders(database, log),
    hasMemtest: async () => (await toolsHere()).includes('memtest'),
    planned: (mac) => plan.of(mac),
    now: Date.now,
    log,
  }
  return { desk, database, plan, tokens, captures }
}

function poolsOf({ dhcp }: Config) {
  return dhcp.mode === 'off' ? [] : [dhcp.pool, ...dhcp.subnets.map(({ pool }) => pool)].flatMap((pool) => pool ?? [])
}
