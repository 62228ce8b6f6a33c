import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { execa } from 'execa'
import { type Placing, type Service, sysusers, unitOf } from '../../../manager/service/units.ts'
import { dataDirFor } from '../site.ts'

const PLACING: Placing = {
  node: '/usr/bin/node',
  script: '/opt/hostless/dist/manager/cli/main.js',
  config: '/etc/hostless.yaml',
  dataDir: '/var/lib/hostless',
}
const SERVICES: readonly Service[] = ['hostless-appliance', 'hostless-manager']
/** What `systemd-analyze security` may say at most. */
const MOST_EXPOSED = 2.5

for (const service of SERVICES) {
  test(`${service}: systemd-analyze security says at most ${MOST_EXPOSED}`, async (t) => {
    const file = join(await dataDirFor(t), `${service}.service`)
    await writeFile(file, unitOf(service, PLACING))
    const { stdout } = await execa('systemd-analyze', ['security', '--offline=true', '--no-pager', file])
    const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]
    t.true(Number(exposure) <= MOST_EXPOSED, stdout)
  })

  test(`${service}: systemd-analyze verify understands all of it`, async (t) => {
    const file = join(await dataDirFor(t), `${service}.service`)
    // Programs that are there, so that only what is wrong with the unit is told.
    await writeFile(file, unitOf(service, { ...PLACING, node: '/bin/true', script: '/bin/true' }))
    const { exitCode, stderr } = await execa('systemd-analyze', ['verify', file], { reject: false })
    t.is(exitCode, 0, stderr)
    t.notRegex(stderr, new RegExp(service))
  })
}

const has = (unit: string, line: string): boolean => unit.split('\n').includes(line)

test('the appliance has the two capabilities that its sockets need, and the manager has none', (t) => {
  const appliance = unitOf('hostless-appliance', PLACING)
  const manager = unitOf('hostless-manager', PLACING)
  t.true(has(appliance, 'CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW'))
  t.true(has(manager, 'CapabilityBoundingSet='))
  t.true(has(appliance, 'User=hostless-appliance'))
  t.true(has(manager, 'User=hostless'))
  for (const unit of [appliance, manager]) {
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'ProtectHome=yes', 'SystemCallArchitectures=native'])
      t.true(has(unit, line), line)
    // After a power cut the interface may have its address later than the service starts.
    t.true(has(unit, 'Restart=always') && has(unit, 'StartLimitIntervalSec=0'))
    t.notRegex(unit, /RestartPreventExitStatus/)
    t.regex(unit, /^MemoryMax=/m)
    t.regex(unit, /^SystemCallFilter=/m)
  }
})

test('each may write one folder: its own', (t) => {
  t.true(has(unitOf('hostless-manager', PLACING), 'StateDirectory=hostless'))
  t.true(has(unitOf('hostless-appliance', PLACING), 'StateDirectory=hostless-appliance'))
  const elsewhere = { ...PLACING, dataDir: '/srv/rack 3' }
  t.true(has(unitOf('hostless-manager', elsewhere), 'ReadWritePaths="/srv/rack 3"'))
  t.true(has(unitOf('hostless-appliance', elsewhere), 'ReadWritePaths="/srv/rack 3-appliance"'))
})

test('what systemd would take for something else stays what it is', (t) => {
  const unit = unitOf('hostless-manager', { ...PLACING, config: '/etc/my "rack" 100%.yaml', script: '/opt/$x/main.js' })
  t.regex(unit, /^ExecStart=\/usr\/bin\/node \/opt\/\$\$x\/main\.js manager --config "\/etc\/my \\"rack\\" 100%%\.yaml"$/m)
})

test('sysusers makes the users of the services that there are', (t) => {
  t.is(sysusers(['hostless-appliance']), 'u hostless-appliance - "Hostless appliance" /\n')
  t.is(sysusers(SERVICES).trim().split('\n').length, 2)
})
