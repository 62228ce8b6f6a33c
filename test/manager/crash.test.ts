import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import type { Pool } from '../../manager/hosts/service.ts'
import { patience } from '../patience.ts'
import { startFleet } from './fleet.ts'
import { freePort, onDisk, startProcess, writeConfig } from './process.ts'
import { dataDirFor, keysOf, until } from './site.ts'

const AGENTS = 1000

const reported = (pool: Pool) => pool.hosts().filter(({ inventory }) => inventory)

const changed = (pool: Pool) => reported(pool).filter(({ inventory }) => (inventory?.revision ?? 0) > 1).length

/** To look at all of a disk is work, which the manager needs the core for. */
async function seldom<Value>(look: () => Promise<Value>): Promise<Value> {
  await delay(500)
  return look()
}

async function unplugged(pool: Pool): Promise<number> {
  let count = 0
  for (const { id } of pool.hosts()) {
    const inventory = await pool.inventory(id)
    if (inventory?.nics.at(-1)?.link === 'down') count += 1
  }
  return count
}

test('kill -9 of the manager under 1,000 agents: all are back, and nothing that was on disk is lost', async (t) => {
  t.timeout(patience(200_000))
  const dataDir = await dataDirFor(t)
  const port = await freePort()
  const config = await writeConfig(dataDir, dataDir, port)
  const first = startProcess(t, config)
  await first.ready
  const keys = await keysOf(dataDir, port)
  const fleet = await startFleet(t, keys, AGENTS)
  await until(
    '1,000 hosts with an inventory',
    async () => (await seldom(() => onDisk(dataDir, (pool) => reported(pool).length))) === AGENTS,
    patience(90_000),
  )

  // Much is being written when the process dies: what is on disk then is what the agents were told is there.
  fleet.unplug()
  await until(
    'the first that tell of it',
    () => onDisk(dataDir, (pool) => reported(pool).some((host) => (host.inventory?.revision ?? 0) > 1)),
    patience(20_000),
  )
  await first.kill('SIGKILL')
  const before = await onDisk(dataDir, (pool) => reported(pool))
  t.is(before.length, AGENTS)

  const second = startProcess(t, config)
  await second.ready
  const started = Date.now()
  await until('all 1,000 welcome again', async () => (await seldom(() => fleet.welcome())) === AGENTS, patience(30_000))
  t.log(`all back ${Date.now() - started} ms after the manager listened`)
  await until('what changed meanwhile, of all', async () => (await seldom(() => onDisk(dataDir, changed))) === AGENTS, patience(30_000))
  t.is(await onDisk(dataDir, unplugged), AGENTS)
  const after = await onDisk(dataDir, (pool) => new Map(reported(pool).map((host) => [host.id, host])))
  for (const { id, inventory } of before) t.true((after.get(id)?.inventory?.revision ?? 0) >= (inventory?.revision ?? 0))
  t.is(after.size, AGENTS)
  t.is(await second.kill('SIGTERM'), 0)
})
