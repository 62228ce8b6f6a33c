// What a manager orders happens on simulated hosts: two of one site, with the agent's own code in them.
import test from 'ava'
import { machineClock } from '../../../images/agent/exec.ts'
import { startAgent } from '../../../images/agent/main.ts'
import { bareMachine } from '../../../images/agent/simulator/machine/bare.ts'
import { SimulatedSite } from '../../../images/agent/simulator/site.ts'
import { addTarget } from '../../../images/agent/simulator/state/furnish.ts'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { macOf, pushBoot, startSite, told, until } from '../site.ts'

const TARGET = 'iqn.2026-11.test:t1'
const PORTALS = ['10.77.0.1:3260', '10.78.0.1:3260']
const WWID = 'naa.60000000000000000e00000000010001'

test('a connection that is wanted is made on both simulated hosts, their LUN is one thing that both see, and it ends', async (t) => {
  const place = new SimulatedSite({ clock: machineClock, gaps: 'missing' })
  const hosts = [0, 1].map((index) => place.host(bareMachine(index)))
  place.change((now) => addTarget(now, { name: TARGET, portals: PORTALS, luns: [{ bytes: 1 << 26, wwid: WWID }] }))
  const site = await startSite(t, { enrol: 'auto' })
  for (const [index, host] of hosts.entries()) {
    const agent = await startAgent({
      host,
      world: host.world(),
      agent: '0.1.0',
      sampleSeconds: 60,
      boot: await pushBoot(site, macOf(index + 1)),
      findManager: async () => site.address,
      log: collectingLog().log,
    })
    t.teardown(() => agent.close())
  }
  const { manager } = site
  const { pool } = manager
  const { connections } = CONTRACT
  await until('two hosts that are up', () => pool.hosts().filter(({ state, inventory }) => state === 'up' && inventory).length === 2)
  const made = await told(manager, connections.add, { kind: 'iscsi', portal: PORTALS[0] ?? '', target: TARGET })
  await until('sessions over both portals, on both', () => hosts.every(({ state }) => state().ram.sessions.length === 2))
  await until('a LUN that both see', async () =>
    (await pool.matrix()).rows().some(({ key, hosts: count }) => key.includes(WWID.slice(4)) && count === 2),
  )
  await told(manager, connections.remove, { id: made.id })
  await until('no session any more', () => hosts.every(({ state }) => state().ram.sessions.length === 0))
  t.deepEqual(
    hosts.map(({ state }) => state().ram.scsi),
    [[], []],
  )
})
