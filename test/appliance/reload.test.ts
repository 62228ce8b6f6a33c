import test from 'ava'
import { type Config, parseConfig } from '../../appliance/config.ts'
import { RunningConfig } from '../../appliance/reload.ts'

const LINES = {
  network: 'network: { interface: eth1, address: 10.77.0.1/24 }',
  dhcp: 'dhcp: { pool: 10.77.0.100-10.77.0.199 }',
  boot: 'boot: { image: dom0 }',
  manager: 'manager: { listen: 10.77.0.1:8443 }',
  hosts: 'hosts: []',
}

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

test('what is read at a start is not taken, and told with its readers until there is one', (t) => {
  const running = new RunningConfig(config())
  const after = config({
    network: 'network: { interface: eth2, address: 10.77.0.2/24 }',
    dhcp: 'dhcp: { pool: 10.77.0.50-10.77.0.99 }',
    boot: 'boot: { image: dom0, root: ram, enrol: auto }',
    manager: 'manager: { listen: 10.77.0.2:8443, keepTasks: 7 }',
    hosts: 'hosts: [{ name: node01, mac: 52:54:00:77:00:01 }]',
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
  t.deepEqual(running.config.dhcp, config().dhcp)
})

test('where no manager runs nobody is told to restart one', (t) => {
  const alone = { manager: '' }
  const running = new RunningConfig(config(alone))
  const after = config({
    ...alone,
    network: 'network: { interface: eth2, address: 10.77.0.1/24 }',
    boot: 'boot: { image: dom0, enrol: auto }',
  })
  t.deepEqual(running.take(after), { taken: [], restart: [{ setting: 'network.interface', services: ['appliance'] }] })
})
