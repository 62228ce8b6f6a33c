// `hostless storage connect …` and `hostless property …` against a whole manager, with a host that has open-iscsi.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { hostWithTargets } from '../../images/agent/simulated.ts'
import { startApiSite } from '../doors/api/asking.ts'
import { iscsiHost } from '../reconcile/iscsi-host.ts'
import { until } from '../site.ts'
import { run } from './operator.ts'

const TARGET = 'iqn.2026-11.test:t1'
const SECRET = 'secretsecret12'

async function start(t: ExecutionContext) {
  const site = await startApiSite(t, { enrol: 'auto' })
  const { address, port, authority } = site.address
  const ca = join(site.dataDir, 'ca.pem')
  await writeFile(ca, authority)
  const environment = {
    HOME: site.dataDir,
    HOSTLESS_MANAGER: `https://${address}:${port}`,
    HOSTLESS_TOKEN: site.tokens.admin,
    HOSTLESS_CA: ca,
  }
  return { site, hostless: (argv: readonly string[], stdin = '') => run({ environment, stdin }, ...argv) }
}

test('a target is connected, listed with each host, and disconnected by its name; its password is shown nowhere', async (t) => {
  const { site, hostless } = await start(t)
  const machine = hostWithTargets([{ name: TARGET, portals: ['10.77.0.1:3260'], chap: { user: 'joe', password: SECRET } }])
  await iscsiHost(t, site, 1, machine)
  const made = await hostless(['storage', 'connect', 'iscsi', '10.77.0.1', '--target', TARGET, '--chap-user', 'joe'], SECRET)
  t.is(made.code, 0, made.err)
  await until('a session', () => machine.sessions().length === 1)
  const listed = await until('that it is known', async () => {
    const { out } = await hostless(['storage', 'connections', '--output', 'json'])
    return out.includes('"connected"') && out
  })
  t.like(JSON.parse(listed)[0], { portal: '10.77.0.1:3260', target: TARGET, host: 'node01', state: 'connected', user: 'joe', by: 'admin' })
  const audit = await hostless(['audit', '--output', 'json'])
  t.regex(audit.out, /connect to iqn\.2026-11\.test:t1 at 10\.77\.0\.1 as joe on all hosts/)
  t.notRegex(made.out + listed + audit.out, /secretsecret12/)
  const ended = await hostless(['storage', 'disconnect', TARGET])
  t.is(ended.code, 0, ended.err)
  await until('no session', () => machine.sessions().length === 0)
  await until('nothing in the list', async () => (await hostless(['storage', 'connections', '--output', 'json'])).out.trim() === '[]')
  t.is((await hostless(['storage', 'disconnect', TARGET])).code, 4)
  t.is((await hostless(['storage', 'connect', 'nfs', '10.77.0.1'])).code, 2)
  t.is((await hostless(['storage', 'connect', 'iscsi', 'nowhere'])).code, 1)
})

test('a file of properties is set, read back as it was, and refused with the line that is wrong', async (t) => {
  const { site, hostless } = await start(t)
  const file = join(site.dataDir, 'properties.ini')
  const text = "[ram_free]\ncommand=awk\nparameters='/MemFree/ {print $2}' /proc/meminfo\nreturn_type=int\nticks=60\n"
  await writeFile(file, text)
  t.is((await hostless(['property', 'set', file])).code, 0)
  t.is((await hostless(['property', 'file'])).out, text)
  await writeFile(file, '[ram_free]\ncommand=awk\nreturn_type=number\nticks=60\n')
  const wrong = await hostless(['property', 'set', file])
  t.is(wrong.code, 1)
  t.regex(wrong.err, /line 3: ram_free needs return_type=/)
  t.is((await hostless(['property', 'file'])).out, text)
  t.is((await hostless(['property', 'set', `${file}.not`])).code, 2)
})

test('what the manager sees to by itself is listed, with what each task waits for', async (t) => {
  const { site, hostless } = await start(t)
  const machine = hostWithTargets([{ name: TARGET, portals: ['10.77.0.1:3260'] }])
  machine.silence('10.77.0.1:3260', 'silent')
  await iscsiHost(t, site, 1, machine)
  t.is((await hostless(['storage', 'connect', 'iscsi', '10.77.0.1', '--target', TARGET])).code, 0)
  const listed = await until('the failure', async () => {
    const { code, out, err } = await hostless(['manager', 'tasks', '--output', 'json'])
    t.is(code, 0, err)
    return out.includes('node01') && out
  })
  const tasks: { readonly name: string; readonly waiting: number; readonly lastRun: string | null }[] = JSON.parse(listed)
  t.deepEqual(
    tasks.map(({ name }) => name),
    [
      ...['connections', 'properties', 'scans', 'left-disks', 'notifications', 'records', 'upkeep', 'scan-alarms', 'operator-alarms'],
      ...['lost-hosts', 'returning', 'forgetting', 'first-admin'],
    ],
  )
  t.like(tasks[0], { waiting: 1, error: null })
  t.regex(listed, /node01: connection \w+: .*timed out/)
  t.true(tasks.every(({ lastRun }) => lastRun !== null))
})
