// The agent: observes its dom0 and keeps the manager told. One bundled file in the image; without a manager nothing changes
// on the host. `node agent.mjs [FILE]`: FILE is what the initramfs has left, /run/hostless/boot.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import type { Log } from '../../appliance/wire/log.ts'
import { uuid } from '../../manager/protocol/values.ts'
import type { Host } from './backend.ts'
import { readBoot } from './boot.ts'
import { followProgram, LIMITS, machineBackend, machineClock } from './exec.ts'
import { machineFiles } from './files/exec.ts'
import { newLedger, record } from './ledger.ts'
import { findManager } from './link/manager.ts'
import { type Link, type LinkOptions, startLink } from './link/runner.ts'
import { openDesk } from './requests/desk.ts'
import { changingHandlers, readingHandlers } from './requests/handlers.ts'
import type { World } from './requests/world.ts'
import { observe } from './runner.ts'

export interface AgentOptions extends Pick<LinkOptions, 'boot' | 'findManager' | 'log' | 'localAddress'> {
  readonly host: Host
  /** What requests change; left out: requests only read, as of a simulated host. */
  readonly world?: Pick<World, 'backend' | 'files'>
  readonly agent: string
  readonly sampleSeconds: number
}

export interface Agent {
  readonly link: Link
  close(): Promise<void>
}

/** Resolves when the host has been read once and the manager is being looked for: the same on a dom0 and on a simulated host. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { host, agent, sampleSeconds, log, boot, localAddress } = options
  const run = uuid.parse(randomUUID())
  let ledger = newLedger(run)
  let link: Link | undefined
  const observation = await observe(host, {
    run,
    sampleSeconds,
    log,
    send: (message) => {
      if (link) link.tell(message)
      else if (message.kind === 'inventory' || message.kind === 'delta') ledger = record(ledger, message)
    },
  })
  const { dmi, nics } = ledger.inventory ?? { dmi: { memoryModules: [] }, nics: [] }
  const desk = openDesk({
    ...readingHandlers(observation),
    ...(options.world ? changingHandlers({ ...options.world, collect: (names) => observation.collect(names) }) : {}),
  })
  const macs = [...new Set(nics.map(({ permanentMac, mac }) => permanentMac ?? mac))].slice(0, 256)
  link = startLink({
    agent,
    boot,
    claims: { macs, ...(dmi.systemUuid === undefined ? {} : { systemUuid: dmi.systemUuid }) },
    findManager: options.findManager,
    ledger,
    answer: async ({ request: { id, request } }) => ({ kind: 'answer', id, answer: await desk.answer(id, request) }),
    log,
    random: Math.random,
    ...(localAddress === undefined ? {} : { localAddress }),
  })
  const started = link
  return {
    link: started,
    close: async () => {
      await observation.stop()
      await started.close()
    },
  }
}

const SAMPLE_SECONDS = 5
/** For one program that a request runs. */
const REQUEST_SECONDS = 60

/** Of a dom0: resolves when it is told to stop. Rejects when the file of the boot is not there or says nothing useful. */
export async function runAgent(file: string, version: string, log: Log): Promise<void> {
  const read = readBoot(await readFile(file, 'utf8'))
  if (read.kind === 'refused') throw new Error(`${file}: ${read.reason}`)
  const { boot } = read
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  const agent = await startAgent({
    host: { backend: machineBackend(), follow: followProgram, clock: machineClock },
    world: { backend: machineBackend({ ...LIMITS, timeoutSeconds: REQUEST_SECONDS }), files: machineFiles },
    agent: version,
    sampleSeconds: SAMPLE_SECONDS,
    boot: { attempt: boot.attempt, token: boot.token },
    findManager: () => findManager(boot, fetchText),
    log,
  })
  await stopped
  await agent.close()
}

const FETCH_BYTES = 64 << 10

/** Not by Node's fetch, which costs dom0 5 MB. */
function fetchText(url: string): Promise<string> {
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
