import test from 'ava'
import { type Config, parseConfig } from '../../appliance/config.ts'
import { lentToOthers, RunningConfig } from '../../appliance/reload.ts'
import { openStore } from '../../appliance/store/database.ts'
import { Leases } from '../../appliance/store/leases.ts'
import { A, B, ip, LOCAL, NOW } from './dhcp/packets.ts'

const LINES = {
  network: 'network: { interface: eth1, address: 10.77.0.1/24 }',
  dhcp: 'dhcp: { pool: 10.77.0.100-10.77.0.199 }',
  boot: 'boot: { image: dom0 }',
  manager: 'manager: { listen: 10.77.0.1:8443 }',
  hosts: 'hosts: []',
}
const NODE01 = 'hosts: [{ name: node01, mac: 52:54:00:77:00:01, address: 10.77.0.21 }]'

function config(changed: Partial<typeof LINES> = {}): Config {
  const parsed = parseConfig(Object.values({ ...LINES, ...changed }).join('\n'), 'test.yaml', {})
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  return parsed.config
}

test('what boots go by is taken, and told once', (t) => {
  const running = new RunningConfig(config())
  const after = config({ boot: 'boot: { image: dom0-next, dom0Memory: 1024, kernelArguments: quiet }' })
  t.deepEqual(running.take(after), { taken: ['boot.dom0Memory', 'boot.image', 'boot.kernelArguments'], restart: [] })
  t.is(running.config.boot.image, after.boot.image)
  t.deepEqual(running.take(after), { taken: [], restart: [] })
})

test('what addresses are given by is taken, and who follows is told; whom it names the manager reads at its start', (t) => {
  const running = new RunningConfig(config())
  const told: Config[] = []
  running.follow((taken) => told.push(taken))
  const dhcp = `dhcp: { pool: 10.77.0.50-10.77.0.99, router: 10.77.0.254, dns: [10.77.0.2], subnets: [{ subnet: 10.88.0.0/24, pool: 10.88.0.10-10.88.0.20, router: 10.88.0.1 }] }`
  const after = config({ dhcp, hosts: NODE01 })
  const restart = [{ setting: 'hosts', services: ['manager'] as const }]
  t.deepEqual(running.take(after), { taken: ['dhcp.dns', 'dhcp.pool', 'dhcp.router', 'dhcp.subnets', 'hosts'], restart })
  t.deepEqual([running.config.dhcp, running.config.hosts], [after.dhcp, after.hosts])
  t.deepEqual(told, [running.config])
  t.deepEqual(running.take(after), { taken: [], restart }, 'until the manager was started again')
  t.is(told.length, 1)
  const elsewhere = config({ dhcp, hosts: NODE01.replace('.21', '.22') })
  t.deepEqual(running.take(elsewhere).taken, ['hosts'])
  t.deepEqual(running.take(config()).restart, [], 'as it was when the manager was started')
})

test('what is read at a start is not taken, and told with its readers until there is one', (t) => {
  const running = new RunningConfig(config())
  const after = config({
    network: 'network: { interface: eth2, address: 10.77.0.2/24 }',
    dhcp: 'dhcp: { pool: 10.77.0.50-10.77.0.99 }',
    boot: 'boot: { image: dom0, root: ram, enrol: auto }',
    manager: 'manager: { listen: 10.77.0.2:8443, keepTasks: 7 }',
    hosts: NODE01,
  })
  for (const taken of [['boot.root'], []]) {
    t.deepEqual(running.take(after), {
      taken,
      restart: [
        { setting: 'boot.enrol', services: ['manager'] },
        { setting: 'dhcp.pool', services: ['appliance'] },
        { setting: 'hosts', services: ['appliance', 'manager'] },
        { setting: 'manager.keepTasks', services: ['manager'] },
        { setting: 'manager.listen', services: ['appliance', 'manager'] },
        { setting: 'network.address', services: ['appliance', 'manager'] },
        { setting: 'network.interface', services: ['appliance', 'manager'] },
      ],
    })
  }
  t.is(running.config.boot.root, 'ram')
  t.is(running.config.boot.enrol, 'approve')
  t.deepEqual([running.config.dhcp, running.config.hosts], [config().dhcp, []], 'they are right for the other network alone')
})

test('with another mode nothing of dhcp is taken: it was written for that one', (t) => {
  const running = new RunningConfig(config())
  const { taken, restart } = running.take(config({ dhcp: 'dhcp: { mode: proxy, dns: [10.77.0.2] }', hosts: NODE01 }))
  t.deepEqual(taken, [])
  t.deepEqual(
    restart.map(({ setting }) => setting),
    ['dhcp.dns', 'dhcp.mode', 'dhcp.pool', 'hosts'],
  )
  t.deepEqual(running.config, config())
})

test('where no manager runs nobody is told to restart one', (t) => {
  const alone = { manager: '' }
  const running = new RunningConfig(config(alone))
  const after = config({
    ...alone,
    network: 'network: { interface: eth2, address: 10.77.0.1/24 }',
    boot: 'boot: { image: dom0, enrol: auto }',
    hosts: NODE01,
  })
  t.deepEqual(running.take(after), {
    taken: [],
    restart: [
      { setting: 'hosts', services: ['appliance'] },
      { setting: 'network.interface', services: ['appliance'] },
    ],
  })
})

test('of a reservation whose address another has it is said until when', (t) => {
  const leases = new Leases(openStore(':memory:'), () => NOW)
  const { hosts } = config({ hosts: NODE01 })
  const bind = (mac: typeof A) => leases.commit({ kind: 'bind', subnet: LOCAL, mac, address: ip('10.77.0.21'), expires: NOW + 1000 })
  t.deepEqual(lentToOthers({ hosts }, leases, NOW), [])
  bind(A)
  t.deepEqual(lentToOthers({ hosts }, leases, NOW), [], 'its own')
  leases.release(A)
  bind(B)
  t.deepEqual(lentToOthers({ hosts }, leases, NOW), [
    '10.77.0.21 is reserved for node01 and lent to 52:54:00:77:00:02: node01 gets it once that one has asked again or is gone',
  ])
  t.deepEqual(lentToOthers({ hosts }, leases, NOW + 1000), [])
})
