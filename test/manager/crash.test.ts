import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openPool } from '../../manager/inventory/service.ts'
import { openStore } from '../../manager/store/database.ts'
import { databasePath } from '../../manager/store/files.ts'
import { sqlite } from '../../manager/store/sqlite.ts'
import { dataDirFor, keysOf, macOf, pushBoot, startTestAgent, type TestAgent, until, uuidOf } from './site.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const AGENTS = 50

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

function startChild(t: ExecutionContext, config: string): { readonly child: ChildProcess; readonly ready: Promise<void> } {
  const child = spawn(process.execPath, ['--import=tsx', 'manager/cli/main.ts', 'manager', '--config', config], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const ready = new Promise<void>((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
      if (said.includes('manager ready')) resolve()
    })
    child.on('exit', () => reject(new Error(`the manager ended: ${said}`)))
  })
  return { child, ready }
}

/** What is on disk, read beside the manager that runs. */
async function onDisk<Value>(
  dataDir: string,
  look: (pool: Awaited<ReturnType<typeof openPool>>) => Promise<Value> | Value,
): Promise<Value> {
  const store = await openStore(sqlite(databasePath(dataDir)))
  try {
    return await look(await openPool({ store, now: Date.now, elapsed: () => 0, lostAfter: 1 }))
  } finally {
    await store.close()
  }
}

test('kill -9 of the manager under 50 agents: all are back, and nothing that was acknowledged is lost', async (t) => {
  t.timeout(100_000)
  const dataDir = await dataDirFor(t)
  const [port, config] = [await freePort(), join(dataDir, 'hostless.yaml')]
  await writeFile(
    config,
    `dataDir: ${dataDir}\nnetwork: { interface: lo, address: 127.0.0.1/8 }\ndhcp: { mode: off }\nboot: { enrol: auto }\nmanager: { listen: "127.0.0.1:${port}" }\n`,
  )
  const first = startChild(t, config)
  await first.ready
  const keys = await keysOf(dataDir, port)
  const agents: TestAgent[] = []
  // Each from an address of its own, as hosts are: enrolments from one address are limited.
  for (let index = 0; index < AGENTS; index += 1) {
    const from = `127.0.1.${index + 1}`
    const boot = await pushBoot(keys, macOf(index), { from })
    agents.push(
      startTestAgent(
        t,
        async () => keys.address,
        boot,
        { systemUuid: uuidOf(index), macs: [macOf(index)] },
        { localAddress: from, random: Math.random },
      ),
    )
  }
  await until(
    '50 hosts with an inventory',
    async () => (await onDisk(dataDir, (pool) => pool.hosts().filter(({ inventory }) => inventory).length)) === AGENTS,
  )

  // Enough is being written when the process dies; what the pool on disk holds after that is what was acknowledged.
  for (const agent of agents) agent.change({ memory: { totalBytes: 1 } })
  first.child.kill('SIGKILL')
  await new Promise((resolve) => first.child.once('exit', resolve))
  const before = await onDisk(dataDir, (pool) => pool.hosts())
  t.is(before.length, AGENTS)
  for (const agent of agents) agent.change({ memory: { totalBytes: 2 } })

  const started = Date.now()
  const second = startChild(t, config)
  await second.ready
  await until(
    'all 50 with what changed meanwhile',
    async () => (await onDisk(dataDir, (pool) => pool.hosts().filter(({ inventory }) => inventory?.revision === 3).length)) === AGENTS,
    30_000,
  )
  t.log(`all back ${Date.now() - started} ms after the start of the process`)
  await onDisk(dataDir, async (pool) => {
    t.deepEqual(
      pool.hosts().map(({ id }) => id),
      before.map(({ id }) => id),
    )
    for (const { id } of pool.hosts()) t.is((await pool.inventory(id))?.memory.totalBytes, 2)
    t.is((await pool.alarms()).length, 0)
  })
  second.child.kill('SIGTERM')
  t.is(await new Promise((resolve) => second.child.once('exit', resolve)), 0)
})
