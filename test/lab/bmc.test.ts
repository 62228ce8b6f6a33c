import test from 'ava'
import { bmcConfig, ipmitoolArguments, powerState } from './bmc.ts'
import { planNodes } from './plan.ts'

test('bmcConfig opens the BMC’s own address to one administrator with a password', (t) => {
  const [plan] = planNodes([{}], 'bios', { runtime: '/run/x', run: '/lab' })
  if (!plan) throw new Error('no plan')
  const text = bmcConfig(plan, '/bin/sh /run/x/chassis.sh', 'secret')
  t.regex(text, /^ {2}addr 10\.78\.0\.1 623$/m)
  t.deepEqual(text.match(/^user .*$/gm), ['user 2 true "hostless" "secret" admin 10 md5'])
  t.notRegex(text, /none/)
  t.regex(text, /guid [0-9a-f]{32}$/m)
})

test('ipmitoolArguments names the file of the password, never the password', (t) => {
  const argv = ipmitoolArguments('10.78.0.1', '/run/x/bmc.password', ['chassis', 'power', 'on'])
  t.deepEqual(argv.slice(-5), ['-f', '/run/x/bmc.password', 'chassis', 'power', 'on'])
  t.false(argv.includes('-P'))
  t.true(argv.includes('lanplus'))
})

test('powerState reads ipmitool’s sentence', (t) => {
  t.is(powerState('Chassis Power is on\n'), 'on')
  t.is(powerState('Chassis Power is off\n'), 'off')
  t.is(powerState('Chassis Power Control: Reset\n'), undefined)
})
