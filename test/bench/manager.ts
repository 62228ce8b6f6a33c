// The manager under its hosts: for each size of the pool a fresh manager, all hosts at once, then a steady load; and the same bytes over the
// same TLS into a bare WebSocket server, which is the floor.

import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { machineClock } from '../../images/agent/exec.ts'
import { startAgent } from '../../images/agent/main.ts'
import { makeMachine, simulatedHost } from '../../images/agent/simulator.ts'
import { newHostId } from '../../manager/store/tables/hosts.ts'
import { collectingLog } from '../appliance/wire/collecting-log.ts'
import type { FromLoad, FromServer, ToLoad, ToServer } from './manager-messages.ts'
import { pollHosts } from './manager-poller.ts'
import { type Metric, mediansOf, metricTable } from './metric.ts'
import { type BenchOptions, inTurn, type Side } from './options.ts'
import { percentile } from './statistics.ts'
import type { Teardown } from './teardown.ts'

export const MANAGER_PEER = 'bare ws'
export const MANAGER_NOTES = [
  'The floor is a server of the same WebSocket library under the same TLS 1.3 with client certificates: it reads the same bytes, and answers pings.',
  'Each host: an inventory of 10 to 100 KB when it connects, then every 10 s a sample, or one time in ten a report that goes to the disk.',
  'Ingest is what a host waits for: from sending to the answer to a ping behind it, which comes when the message is applied or on disk.',
  'Hosts are one process on the same cores, with inventories recorded from 16 simulated machines, each host under identities of its own; 16 share their LUNs, all their networks.',
  'Agent to row: a real agent on a simulated machine enrols under that load, until its host is in the matrix.',
]

const SAMPLE_PERIOD = 10_000
const STEADY = 30_000
/** Of lists over HTTP, one a second: most of STEADY. */
const POLLING = 20_000
const LISTS = 20
/** Somebody looks at the pool once a second, and lets the others be served in between. */
const LIST_PERIOD = 1000
/** For any answer of a child, and for each host more, ms: a machine that needs longer measures nothing. */
const PATIENCE = 120_000
const PATIENCE_EACH = 100
/** Descriptors of a process that are not connections. */
const OTHER_FILES = 200

export interface ManagerRun {
  readonly side: Side
  readonly hosts: number
  readonly metrics: readonly Metric[]
}

/** Why so many hosts cannot be connected here; undefined when they can. */
export function missingDescriptors(hosts: readonly number[]): string | undefined {
  const limit = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim()
  const wanted = Math.max(...hosts) + OTHER_FILES
  if (limit === 'unlimited' || Number(limit) >= wanted) return undefined
  return `${wanted} open files are needed, and this shell allows ${limit}: ulimit -Hn ${wanted}, or fewer --hosts`
}

/** Says the table of each size as soon as it is measured: the next one takes long, and may be too much for this machine. */
export async function runManager(
  { runs: count, sides, hosts }: BenchOptions,
  teardown: Teardown,
  say: (text: string) => void,
): Promise<readonly ManagerRun[]> {
  const runs: ManagerRun[] = []
  for (const size of hosts) {
    for (let run = 1; run <= count; run += 1) {
      for (const side of inTurn(sides, run)) {
        say(`  ${size} hosts, ${side === 'ours' ? 'the manager' : MANAGER_PEER} …`)
        runs.push({ side, hosts: size, metrics: await measure(side, size, teardown) })
      }
    }
    const of = (side: Side): readonly Metric[] =>
      mediansOf(runs.filter((run) => run.side === side && run.hosts === size).map(({ metrics }) => metrics))
    say(metricTable(MANAGER_PEER, Object.fromEntries(sides.map((side) => [side, of(side)]))))
  }
  return runs
}

async function measure(side: Side, size: number, teardown: Teardown): Promise<readonly Metric[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hl-bench-'))
  const children: ChildProcess[] = []
  const close = teardown.add(async () => {
    // A profile is written by a process that ends by itself.
    for (const child of process.env.BENCH_PROFILE ? children : []) {
      child.disconnect()
      await once(child, 'exit')
    }
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  try {
    const identities = join(folder, 'identities.json')
    const patience = PATIENCE + size * PATIENCE_EACH
    const server = startChild('manager-server.ts', [side, join(folder, 'data'), String(size), identities])
    children.push(server)
    const ready = await next<FromServer>(server, patience)
    if (ready.kind !== 'ready') throw new Error(`the server said ${ready.kind} first`)
    const load = startChild('manager-load.ts', [])
    children.push(load)
    const { address } = ready
    const idle = await usageOf(server)
    const order = { kind: 'connect', options: { address, identities, samplePeriod: SAMPLE_PERIOD } } as const
    const connected = await ask<ToLoad, FromLoad>(load, order, patience)
    if (connected.kind !== 'connected') throw new Error('the load did not connect')
    progress('all connected and reported')

    const before = await usageOf(server)
    const started = performance.now()
    const running = ask<ToLoad, FromLoad>(load, { kind: 'steady', milliseconds: STEADY }, STEADY + patience)
    const extra = side === 'ours' ? await askOurs(server, ready) : []
    const steady = await running
    if (steady.kind !== 'steady') throw new Error('the load did not go on')
    if (steady.lost > 0) throw new Error(`${steady.lost} messages were not answered: this machine is too slow for ${size} hosts`)
    const after = await usageOf(server)
    const share = (after.cpu - before.cpu) / 1000 / (performance.now() - started)
    progress('steady load is over; now all connections break')
    const back = await ask<ToLoad, FromLoad>(load, { kind: 'storm' }, patience)
    if (back.kind !== 'back') throw new Error('the hosts did not come back')
    const end = await usageOf(server)
    const metric = (name: string, unit: string, value: number): Metric => ({ name: `${size} hosts: ${name}`, unit, better: 'less', value })
    return [
      metric('all connected and reported', 's', connected.milliseconds / 1000),
      metric('CPU of a first connection', 'ms', (before.cpu - idle.cpu) / 1000 / size),
      metric('all back after a break', 's', back.milliseconds / 1000),
      metric('CPU of a return', 'ms', (end.cpu - after.cpu) / 1000 / size),
      metric('inventory', 'KB', connected.bytes / size / 1000),
      metric('CPU, steady', '% of a core', share * 100),
      metric('thread busy with one thing, longest', 'ms', after.blockedMs),
      metric('memory', 'MB', after.resident / 1e6),
      metric('ingest of a sample, p50', 'ms', percentile(steady.samples, 0.5)),
      metric('ingest of a sample, p99', 'ms', percentile(steady.samples, 0.99)),
      metric('ingest of a report, p50', 'ms', percentile(steady.reports, 0.5)),
      metric('ingest of a report, p99', 'ms', percentile(steady.reports, 0.99)),
      ...extra.map(({ name, unit, value }) => metric(name, unit, value)),
    ]
  } finally {
    await close()
  }
}

async function askOurs(
  server: ChildProcess,
  ready: FromServer & { readonly kind: 'ready' },
): Promise<readonly { readonly name: string; readonly unit: string; readonly value: number }[]> {
  const polling = pollHosts(ready.address, ready.token, POLLING)
  const matrix: number[] = []
  for (let list = 0; list < LISTS; list += 1) {
    const listed = await ask<ToServer, FromServer>(server, { kind: 'list' })
    if (listed.kind !== 'list') throw new Error('the server did not list')
    matrix.push(listed.matrixMs)
    await delay(LIST_PERIOD)
  }
  const row = await agentToRow(server, ready)
  const { full, unchanged } = await polling
  return [
    { name: 'GET /hosts, a page, p99', unit: 'ms', value: percentile(full, 0.99) },
    // With thousands of hosts one of them has always reported since.
    ...(unchanged.length > 0 ? [{ name: 'GET /hosts, a page, 304, p99', unit: 'ms', value: percentile(unchanged, 0.99) }] : []),
    { name: 'matrix rows and one row of cells, p99', unit: 'ms', value: percentile(matrix, 0.99) },
    { name: 'agent to row', unit: 's', value: row / 1000 },
  ]
}

async function agentToRow(server: ChildProcess, { address, secret }: FromServer & { readonly kind: 'ready' }): Promise<number> {
  const machine = makeMachine('newcomer', 0)
  const boot = { attempt: newHostId(), token: randomBytes(32).toString('base64url') }
  const tokenHash = createHash('sha256').update(boot.token).digest('hex')
  const attempt = { id: boot.attempt, mac: machine.mac, address: '127.0.0.1', tokenHash, expires: Date.now() + 3600_000 }
  await new Promise<void>((resolve, reject) => {
    const headers = { authorization: `Bearer ${secret}` }
    const { address: host, port, authority } = address
    const asked = request({ host, port, path: '/appliance/attempts', method: 'POST', ca: authority, headers }, (response) => {
      response.resume()
      if (response.statusCode === 204) resolve()
      else reject(new Error(`the boot of a new host was answered with HTTP ${response.statusCode}`))
    })
    asked.on('error', reject)
    asked.end(JSON.stringify({ attempts: [attempt] }))
  })
  const started = performance.now()
  const agent = await startAgent({
    host: simulatedHost(machine, machineClock),
    agent: 'bench',
    sampleSeconds: 10,
    boot,
    findManager: async () => address,
    log: collectingLog().log,
  })
  try {
    for (;;) {
      const row = await ask<ToServer, FromServer>(server, { kind: 'row', mac: machine.mac })
      if (row.kind === 'row' && row.there) return performance.now() - started
      if (performance.now() - started > 60_000) throw new Error('a new host is not in the matrix after a minute')
    }
  } finally {
    await agent.close()
  }
}

async function usageOf(server: ChildProcess): Promise<FromServer & { readonly kind: 'usage' }> {
  const usage = await ask<ToServer, FromServer>(server, { kind: 'usage' })
  if (usage.kind !== 'usage') throw new Error('the server did not tell what it uses')
  return usage
}

function startChild(file: string, args: readonly string[]): ChildProcess {
  const profile = process.env.BENCH_PROFILE ? [`--cpu-prof`, `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []
  return fork(new URL(file, import.meta.url).pathname, args, { execArgv: ['--import=tsx', ...profile], serialization: 'advanced' })
}

function ask<Question extends ToServer | ToLoad, Answer>(child: ChildProcess, question: Question, patience = PATIENCE): Promise<Answer> {
  const answer = next<Answer>(child, patience)
  child.send(question)
  return answer
}

function next<Answer>(child: ChildProcess, patience: number): Promise<Answer> {
  const file = child.spawnargs.find((arg) => arg.endsWith('.ts'))
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => {
      clearTimeout(timer)
      child.off('exit', ended).off('message', heard)
      how()
    }
    const ended = () => settle(() => reject(new Error(`${file} has ended`)))
    const heard = (message: unknown) => settle(() => resolve(message as Answer))
    const silent = () => settle(() => reject(new Error(`${file} has said nothing for ${patience / 1000} s: this machine is too slow`)))
    const timer = setTimeout(silent, patience)
    child.once('exit', ended).once('message', heard)
  })
}

function progress(text: string): void {
  process.stderr.write(`    ${text}\n`)
}
