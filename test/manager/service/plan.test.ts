import test from 'ava'
import { filesFor, type Reached, refusedDataDir, refusedFiles, servicesOf, unreachable } from '../../../manager/service/plan.ts'
import { stamped, stateOf } from '../../../manager/service/stamp.ts'

const PLACING = { node: '/usr/bin/node', script: '/opt/hostless/main.js', config: '/etc/hostless.yaml', dataDir: '/var/lib/hostless' }

test('stateOf tells what an install wrote from what was changed by hand', (t) => {
  const wanted = stamped('[Unit]\nDescription=new\n')
  t.is(stateOf(undefined, wanted), 'missing')
  t.is(stateOf(wanted, wanted), 'same')
  t.is(stateOf(stamped('[Unit]\nDescription=old\n'), wanted), 'ours')
  t.is(stateOf(`${wanted}MemoryMax=1G\n`, wanted), 'changed')
  t.is(stateOf('[Unit]\n', wanted), 'changed')
  t.is(stateOf('', wanted), 'changed')
})

test('the manager is a service only where it runs on this machine', (t) => {
  t.deepEqual(servicesOf({}), ['hostless-appliance'])
  t.deepEqual(servicesOf({ manager: { listen: '10.77.0.1:8443' } }), ['hostless-manager', 'hostless-appliance'])
  t.deepEqual(
    filesFor('/etc', servicesOf({}), PLACING).map(({ path }) => path),
    ['/etc/sysusers.d/hostless.conf', '/etc/systemd/system/hostless-appliance.service'],
  )
})

const reached = (path: string, ...modes: number[]): Reached => {
  const parts = path.split('/').slice(1)
  const paths = ['/', ...parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)]
  return { path, what: 'hostless', way: paths.map((one, at) => ({ path: one, mode: modes[at] ?? 0o755 })) }
}

test("unreachable: what the services' users cannot read, and where services see nothing", (t) => {
  t.deepEqual(unreachable([reached('/opt/hostless/main.js', 0o755, 0o755, 0o755, 0o644)]), [])
  t.regex(unreachable([reached('/root/hostless/main.js')])[0] ?? '', /lies where services see nothing.*below \/opt/)
  t.regex(unreachable([reached('/home/ada/main.js')])[0] ?? '', /lies where services see nothing/)
  t.regex(
    unreachable([reached('/opt/hostless/main.js', 0o755, 0o755, 0o750)])[0] ?? '',
    /\/opt\/hostless has mode 750\): chmod o\+x \/opt\/hostless/,
  )
  t.regex(unreachable([reached('/etc/hostless.yaml', 0o755, 0o755, 0o600)])[0] ?? '', /chmod o\+r \/etc\/hostless\.yaml/)
  t.is(refusedDataDir('/var/lib/hostless'), undefined)
  t.is(refusedDataDir('/srv/rooted'), undefined)
  t.regex(refusedDataDir('/root/data') ?? '', /move it to \/var\/lib\/hostless/)
})

test('refusedFiles names what was changed by hand', (t) => {
  const file = { path: '/etc/systemd/system/hostless-manager.service', content: '' }
  t.is(refusedFiles([{ ...file, state: 'ours' }]), undefined)
  t.regex(
    refusedFiles([{ ...file, state: 'changed' }]) ?? '',
    /changed by hand: \/etc\/systemd\/system\/hostless-manager\.service.*--force/,
  )
})
