import test from 'ava'
import { parseConfig } from '../../appliance/config.ts'
import { managerConfig } from '../../manager/config.ts'

function of(manager: string) {
  const yaml = `network: { interface: eth1, address: 10.77.0.1/24 }\ndhcp: { mode: off }\nmanager: { ${manager} }\n`
  const parsed = parseConfig(yaml, 'rack.yaml', {})
  if (parsed.kind === 'refused') throw new Error(JSON.stringify(parsed.problems))
  return managerConfig(parsed.config)
}

test('a manager that listens at every address is certified for the one that the appliance tells hosts', (t) => {
  const everywhere = of('listen: "0.0.0.0:8443"')
  t.is(everywhere.kind === 'config' ? everywhere.config.reached : '', '10.77.0.1')
  const one = of('listen: "10.77.0.1:8443"')
  t.is(one.kind === 'config' ? one.config.reached : '', undefined)
})

test('tasks are kept for so many days, in milliseconds', (t) => {
  const kept = of('listen: "10.77.0.1:8443", keepTasks: 7')
  t.is(kept.kind === 'config' ? kept.config.keepTasks : 0, 7 * 24 * 3600_000)
})

test('the config of an appliance whose manager is elsewhere starts no manager', (t) => {
  const elsewhere = of('address: "10.77.0.2:8443"')
  t.regex(elsewhere.kind === 'refused' ? elsewhere.reason : '', /no key manager\.listen/)
})
