// The agent: observes its dom0 and keeps the manager told. One bundled file in the image; without a manager nothing changes
// on the host. `node agent.mjs [FILE]`: FILE is what the initramfs has left, /run/hostless/boot.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../../appliance/wire/log.ts'
import { BUNDLE_PATH } from '../../manager/protocol/bundle.ts'
import type { SectionName } from '../../manager/protocol/inventory.ts'
import { uuid } from '../../manager/protocol/values.ts'
import type { Host } from './backend.ts'
import { readBoot } from './boot.ts'
import type { ConsoleMeans } from './consoles/channel.ts'
import { Consoles } from './consoles/consoles.ts'
import { machineLogs, machineTerminals } from './consoles/exec.ts'
import { machineDevices } from './content/exec.ts'
import { sourceOver } from './content/from-manager.ts'
import { openImages } from './content/images.ts'
import type { Devices } from './content/source.ts'
import { followProgram, LIMITS, machineBackend, machineClock } from './exec.ts'
import { machineFiles } from './files/exec.ts'
import { type Keeper, keepGuests } from './guests/keeper.ts'
import { openJobBook } from './jobs/book.ts'
import { machinePrograms } from './jobs/exec.ts'
import type { Jobs, KeptJob } from './jobs/job.ts'
import { unkeptJobs } from './jobs/unkept.ts'
import { openKernels } from './kernels/kernels.ts'
import { newLedger, record } from './ledger.ts'
import { decodeKept, encodeKept } from './link/kept.ts'
import { findManager } from './link/manager.ts'
import type { Link, LinkOptions } from './link/runner.ts'
import { openDesk } from './requests/desk.ts'
import { handlersOf } from './requests/handlers.ts'
import type { Handlers } from './requests/task.ts'
import type { Successor } from './requests/upgrade.ts'
import type { World } from './requests/world.ts'
import { observe } from './runner.ts'
import { machineRelays } from './streams/exec.ts'
import type { Relays } from './streams/relays.ts'
import { bundleAt, parseDropped, placesIn } from './upgrade/places.ts'
import { PROBATION, startProbation } from './upgrade/probation.ts'

export interface AgentOptions
  extends Pick<LinkOptions, 'boot' | 'findManager' | 'log' | 'localAddress' | 'kept' | 'keep' | 'dropped' | 'onWelcome'> {
  readonly host: Host
  /** What requests change; left out: requests only read, as of a simulated host. */
  readonly world?: Pick<World, 'backend' | 'files' | 'clock'>
  /** What disks of guests are written to; left out: none is made. */
  readonly devices?: Devices
  /** Where guests' consoles are; left out: none is shown. */
  readonly consoles?: Pick<ConsoleMeans, 'logs' | 'terminals'>
  /** What live migrations go by; left out: no guest moves. */
  readonly relays?: Relays
  /** Long requests as agents before this one have left them; left out: they end with the agent. */
  readonly jobs?: Jobs & { readonly kept: readonly KeptJob[] }
  /** What is done otherwise than this machine does it. */
  readonly handlers?: Partial<Handlers>
  /** Where the next version goes; left out: there is none. `onHandOver`: it is chosen, and nothing is under way any more. */
  readonly upgrades?: Pick<Successor, 'places' | 'node' | 'boot'> & { readonly onHandOver: () => void }
  readonly agent: string
  readonly sampleSeconds: number
  /** What the first report waits for; left out: everything. */
  readonly first?: readonly SectionName[]
}

export interface Agent {
  readonly link: Link
  close(): Promise<void>
}

/** Resolves when the host has been read once and the manager is being looked for: the same on a dom0 and on a simulated host. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { host, agent, sampleSeconds, first, log, boot, localAddress, upgrades, kept, keep, dropped, onWelcome } = options
  const run = uuid.parse(randomUUID())
  let ledger = newLedger(run)
  let link: Link | undefined
  let keeper: Keeper | undefined
  const observation = await observe(host, {
    run,
    sampleSeconds,
    ...(first ? { first } : {}),
    log,
    onRead: (names) => {
      if (names.includes('guests')) keeper?.look()
    },
    send: (message) => {
      if (link) link.tell(message)
      else if (message.kind === 'inventory' || message.kind === 'delta') ledger = record(ledger, message)
    },
  })
  // A host is known by what it tells here: what could not be read the first time is read again before it is left out.
  if (ledger.inventory?.problems.some(({ section }) => section === 'dmi' || section === 'nics')) await observation.collect(['dmi', 'nics'])
  const { dmi, nics } = ledger.inventory ?? { dmi: { memoryModules: [] }, nics: [] }
  const images = options.devices && openImages({ source: sourceOver(() => link), devices: options.devices, clock: host.clock })
  const world: World | undefined = options.world && {
    ...{ ...options.world, collect: (names) => observation.collect(names), undisturbed: (work) => observation.undisturbed(work) },
    ...(images ? { kernels: openKernels(options.world, images) } : {}),
  }
  const fetchBundle = async (limit: number): Promise<Buffer> => {
    if (!link) throw new Error('there is no manager')
    return link.fetch(BUNDLE_PATH, limit)
  }
  const handOver = (): void =>
    void Promise.race([desk.drain('upgrade'), delay(LONGEST_DRAIN)])
      // The answer to the upgrade itself leaves first.
      .then(() => delay(0))
      .then(() => upgrades?.onHandOver())
  const successor = upgrades && { ...upgrades, running: agent, fetch: fetchBundle, handOver }
  const jobs = options.jobs ?? (world && unkeptJobs(world.backend))
  const desk = openDesk(
    { ...handlersOf({ observation, world, images, relays: options.relays, successor }), ...options.handlers },
    {
      clock: host.clock,
      ...(jobs ? { jobs } : {}),
      onError: (error) => log.error({ error }, 'a next agent of this boot does not know of a job'),
    },
  )
  // Requests that an agent before this one has begun come first: a guest that one of them holds is left alone.
  desk.resume(options.jobs?.kept ?? [])
  keeper = world && keepGuests({ world, desk, clock: host.clock, log })
  keeper?.look()
  const { systemUuid, serial, product } = dmi
  const identity = {
    ...(systemUuid === undefined ? {} : { systemUuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(product === undefined ? {} : { product }),
  }
  const macs = [...new Set(nics.map(({ permanentMac, mac }) => permanentMac ?? mac))].slice(0, 256)
  // Late: the first reading does not wait until TLS and HTTP are loaded.
  const { startLink } = await import('./link/runner.ts')
  link = startLink({
    agent,
    boot,
    claims: { macs, ...identity },
    findManager: options.findManager,
    ledger,
    answer: async ({ request: { id, request } }, tell) => ({ kind: 'answer', id, answer: await desk.answer(id, request, tell) }),
    cancel: (id) => desk.cancel(id),
    log,
    random: Math.random,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(options.consoles ? { consoles: new Consoles({ ...options.consoles, backend: host.backend, clock: host.clock }) } : {}),
    ...(kept ? { kept } : {}),
    ...(keep ? { keep } : {}),
    ...(dropped ? { dropped } : {}),
    onWelcome: () => {
      observation.goOn()
      onWelcome?.()
    },
  })
  const started = link
  return {
    link: started,
    close: async () => {
      await keeper?.stop()
      await observation.stop()
      await started.close()
    },
  }
}

const SAMPLE_SECONDS = 5
/** What makes a host known, and what a manager asks of it at once: a few programs. The rest follows when that has left. */
const FIRST = ['dmi', 'cpus', 'memory', 'xen', 'kernel', 'nics', 'bonds', 'vlans', 'bridges', 'addresses'] as const
/** For a program of a request that has no limit of its own. */
const REQUEST_SECONDS = 60
/** Milliseconds that a request may still take when its agent is to hand over. */
const LONGEST_DRAIN = 120_000

export interface Running {
  /** What the initramfs has left; what the next agent needs is beside it. */
  readonly file: string
  readonly version: string
  /** The bundle that runs. */
  readonly bundle: string
  /** Milliseconds that one that has been chosen has until a manager welcomes it. */
  readonly probation?: number
  readonly log: Log
}

/**
 * Of a dom0: resolves when it is told to stop, or has handed over. Rejects when the file of the boot is not there or says nothing
 * useful.
 */
export async function runAgent({ file, version, bundle, probation = PROBATION, log }: Running): Promise<'stopped' | 'handed-over'> {
  const read = readBoot(await readFile(file, 'utf8'))
  if (read.kind === 'refused') throw new Error(`${file}: ${read.reason}`)
  const { boot } = read
  const backend = machineBackend()
  const places = placesIn(dirname(file))
  const kept = decodeKept((await backend.read(places.identity)) ?? '', boot.attempt)
  let keeping: Promise<void> = Promise.resolve()
  let end: (how: 'stopped' | 'handed-over') => void = () => undefined
  const ended = new Promise<'stopped' | 'handed-over'>((resolve) => {
    end = resolve
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end('stopped'))
  const chosen = bundleAt(bundle)
  const onTrial =
    chosen === undefined
      ? undefined
      : startProbation({
          backend,
          files: machineFiles,
          clock: machineClock,
          places,
          running: chosen,
          patience: probation,
          onGivenUp: () => {
            log.error({ version }, 'no manager has welcomed this version: the image’s own goes on')
            end('handed-over')
          },
        })
  const agent = await startAgent({
    host: { backend, follow: followProgram, clock: machineClock },
    world: { backend: machineBackend({ ...LIMITS, timeoutSeconds: REQUEST_SECONDS }), files: machineFiles, clock: machineClock },
    devices: machineDevices,
    consoles: { logs: machineLogs, terminals: machineTerminals },
    jobs: await openJobBook({ backend, files: machineFiles, clock: machineClock, programs: machinePrograms }, places.jobs),
    relays: machineRelays([process.execPath, ...process.execArgv, bundle]),
    upgrades: { places, node: [process.execPath, ...process.execArgv], boot: file, onHandOver: () => end('handed-over') },
    agent: version,
    sampleSeconds: SAMPLE_SECONDS,
    first: FIRST,
    boot: { attempt: boot.attempt, token: boot.token },
    findManager: () => findManager(boot, fetchText),
    kept,
    keep: (next) => {
      keeping = keeping
        .then(() => machineFiles.write(places.identity, encodeKept(next), 0o600))
        .catch((error: unknown) => log.error({ error }, 'a next agent of this boot could not show who it is'))
    },
    dropped: parseDropped(await backend.read(places.dropped)),
    onWelcome: () => void onTrial?.passed().catch((error: unknown) => log.error({ error }, 'what was held against this version stays')),
    log,
  })
  const how = await ended
  onTrial?.stop()
  await agent.close()
  await keeping
  return how
}

const FETCH_BYTES = 64 << 10

/** Not by Node's fetch, which costs dom0 5 MB. */
async function fetchText(url: string): Promise<string> {
  const { get } = await import('node:http')
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent: false, signal: AbortSignal.timeout(10_000) }, (response) => {
      if (response.statusCode !== 200) asked.destroy(new Error(`${url}: HTTP ${response.statusCode}`))
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
        if (text.length > FETCH_BYTES) asked.destroy(new Error(`${url}: a longer answer than ${FETCH_BYTES} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
  })
}
