import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { machineClock } from '../../../images/agent/exec.ts'
import { startAgent } from '../../../images/agent/main.ts'
import { makeMachine, simulatedHost } from '../../../images/agent/simulator.ts'
import { bundleAgent } from '../../../images/agent-bundle/build.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { dataDirFor, macOf, pushBoot, startSite, until } from '../../manager/site.ts'

const ROOT = new URL('../../../', import.meta.url).pathname

test('two simulated hosts are in the pool with their hardware, a change of one is there within a second, and the CPUs are compared', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { pool } = site.manager
  const machines = [makeMachine('main', 0), makeMachine('main', 1)]
  const hosts = machines.map((machine) => simulatedHost(machine, machineClock))
  const { log, lines } = collectingLog()
  for (const [index, host] of hosts.entries()) {
    const agent = await startAgent({
      host,
      agent: '0.1.0',
      sampleSeconds: 0.2,
      boot: await pushBoot(site, macOf(index)),
      findManager: async () => site.address,
      log,
    })
    t.teardown(() => agent.close())
  }
  const up = await until('two hosts that are up, with inventories and samples', () => {
    const found = pool.hosts().filter(({ id, state, inventory }) => state === 'up' && inventory && pool.latestSample(id))
    return found.length === 2 && found
  })
  const [first] = up
  const inventory = first && (await pool.inventory(first.id))
  t.true((inventory?.cpuPolicy.rows.length ?? 0) > 0)
  t.true((inventory?.nics.length ?? 0) > 0)
  t.is((await pool.cpu()).levels[0]?.level.of.length, 2)
  const matrix = await pool.matrix()
  t.is(matrix.hosts().length, 2)
  t.true(
    matrix.rows().some(({ hosts }) => hosts === 2),
    'something that both reach',
  )

  const [host, machine] = [hosts[0], machines[0]]
  if (!host || !machine || machine.guests.length === 0) return t.fail('the simulated machine has no guests')
  let isTold = false
  t.teardown(
    pool.subscribe((change) => {
      if (change.kind === 'inventory' && change.sections.includes('guests')) isTold = true
    }),
  )
  host.become({ ...machine, guests: machine.guests.slice(1) })
  await until('the guest that ended', () => isTold)
  t.deepEqual(
    lines.filter(({ level }) => level === 'error'),
    [],
  )
})

test('the bundle is one file that finds its manager by the appliance it booted from, and outlives both', async (t) => {
  t.timeout(90_000)
  const site = await startSite(t)
  const folder = await dataDirFor(t)
  const boot = await pushBoot(site, macOf(3))
  const appliance = createServer((request, response) => {
    if (request.url === `/manager/${boot.attempt}`) response.end(JSON.stringify(site.address))
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => appliance.listen(0, '127.0.0.1', resolve))
  t.teardown(() => appliance.close())
  const bound = appliance.address()
  const port = typeof bound === 'object' && bound ? bound.port : 0
  await writeFile(
    join(folder, 'boot'),
    `attempt='${boot.attempt}'\ntoken='${boot.token}'\nserver='127.0.0.1:${port}'\nroot=''\nname='node03'\nmac='525400770003'\nip='127.0.0.1/8'\n`,
  )
  const bundle = await bundleAgent(ROOT, '9.9.9')
  t.is(await bundleAgent(ROOT, '9.9.9'), bundle, 'the same bytes again')
  await writeFile(join(folder, 'agent.mjs'), bundle)
  const child = spawn(process.execPath, [join(folder, 'agent.mjs'), join(folder, 'boot')], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const host = await until(
    'the host of the bundle',
    () => site.manager.pool.hosts().find(({ connection, inventory }) => connection && inventory),
    60_000,
  )
  t.regex(host.connection?.agent ?? '', /^9\.9\.9\+[0-9a-f]{12}$/)
  t.is(host.state, 'pending')
  await site.manager.close()
  t.is(child.exitCode, null)
  child.kill('SIGTERM')
  t.is(await exited, 0)
})
