import test from 'ava'
import type { Backend } from '../../../../images/agent/backend.ts'
import { connectIscsi } from '../../../../images/agent/requests/connect-iscsi.ts'
import { disconnectIscsi } from '../../../../images/agent/requests/disconnect-iscsi.ts'
import { parseOffers } from '../../../../images/agent/requests/iscsi-discovery.ts'
import type { RequestOf } from '../../../../manager/protocol/requests.ts'
import { iscsiName } from '../../../../manager/protocol/values.ts'
import { hostWithTargets } from '../simulated.ts'

const PORTAL = '10.77.0.1:3260'
const OTHER = '10.78.0.1:3260'
const initiator = iscsiName.parse('iqn.2026-11.io.hostless:abcdefghijklmnop')
const T1 = iscsiName.parse('iqn.2026-11.test:t1')
const T2 = iscsiName.parse('iqn.2026-11.test:t2')
const WWID = 'naa.60000000000000000e00000000010001'
const SECRET = 'secretsecret12'
const ask = (changed: Partial<RequestOf<'connect-iscsi'>> = {}): RequestOf<'connect-iscsi'> => ({
  kind: 'connect-iscsi',
  initiator,
  portal: PORTAL,
  ...changed,
})

test('a host without open-iscsi running gets its name before the daemon, then its sessions; the same again changes nothing', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  const first = await connectIscsi(machine.world, ask({ target: T1 }))
  t.deepEqual(first, { kind: 'iscsi-connected', sessions: [{ target: T1, portal: PORTAL, fresh: true }], missing: [] })
  t.is(machine.file('/etc/iscsi/initiatorname.iscsi'), `InitiatorName=${initiator}\n`)
  t.deepEqual(machine.collected, ['iscsi,blockDevices,multipaths'])
  const again = await connectIscsi(machine.world, ask({ target: T1 }))
  t.deepEqual(again, { kind: 'iscsi-connected', sessions: [{ target: T1, portal: PORTAL, fresh: false }], missing: [] })
  t.is(machine.runs('iscsid').length, 1)
  t.is(machine.commands.filter((command) => command.includes('--login')).length, 1)
})

test('a name that could not be read is not written anew', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  const before = machine.file('/etc/iscsi/initiatorname.iscsi')
  const readFile: Backend['readFile'] = async (path) =>
    path === '/etc/iscsi/initiatorname.iscsi' ? { kind: 'unreadable', reason: 'EIO: i/o error' } : machine.world.backend.readFile(path)
  const world = { ...machine.world, backend: { ...machine.world.backend, readFile } }
  const answer = await connectIscsi(world, ask({ target: T1 }))
  t.like(answer, { kind: 'refused', cause: 'unable' })
  t.regex(answer.kind === 'refused' ? answer.reason : '', /is not known: \/etc\/iscsi\/initiatorname\.iscsi: EIO/)
  t.is(machine.file('/etc/iscsi/initiatorname.iscsi'), before)
})

test('without a target, all that the portal offers is logged in to', async (t) => {
  const machine = hostWithTargets([
    { name: T1, portals: [PORTAL] },
    { name: T2, portals: [PORTAL] },
  ])
  const answer = await connectIscsi(machine.world, ask())
  t.deepEqual(answer.kind === 'iscsi-connected' && answer.sessions.map(({ target }) => target), [T1, T2])
})

test('a CHAP password is in no argument and no answer, in a file that only root reads, and in none when the request is done', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL], chap: { user: 'joe', password: SECRET } }])
  const wrong = await connectIscsi(machine.world, ask({ target: T1, chap: { user: 'joe', password: 'another' } }))
  t.regex(wrong.kind === 'refused' ? wrong.reason : '', /does not take this CHAP user and password/)
  const right = await connectIscsi(machine.world, ask({ target: T1, chap: { user: 'joe', password: SECRET } }))
  t.is(right.kind, 'iscsi-connected')
  t.notRegex(JSON.stringify([machine.commands, wrong, right]), /secretsecret12|another/)
  t.is(machine.mode('/etc/iscsi/iscsid.conf'), 0o600)
  t.notRegex(machine.texts(), /secretsecret12|another/)
})

test('a target with two portals is reached over both, fails over soon, and its LUN becomes one device', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL, OTHER], wwid: WWID }])
  t.is((await connectIscsi(machine.world, ask({ target: T1 }))).kind, 'iscsi-connected')
  t.is(machine.sessions().length, 2)
  t.true(machine.commands.some((command) => command.join(' ').endsWith('replacement_timeout -v 15')))
  t.deepEqual(
    machine.runs('multipathd').filter((command) => command.length === 1),
    [['multipathd']],
  )
  t.regex(machine.file('/etc/multipath.conf') ?? '', /find_multipaths yes/)
  await connectIscsi(machine.world, ask({ target: T1 }))
  t.is(machine.runs('multipathd').filter((command) => command.length === 1).length, 1)
})

test('a portal that does not answer is told of beside those that do; when none does, that is a refusal', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL, OTHER] }])
  machine.silence(OTHER, 'silent')
  const answer = await connectIscsi(machine.world, ask({ target: T1 }))
  t.is(answer.kind === 'iscsi-connected' && answer.sessions.length, 1)
  t.regex(answer.kind === 'iscsi-connected' ? answer.missing.join() : '', /10\.78\.0\.1:3260: .*timed out/)
  machine.silence(OTHER, 'answering')
  t.deepEqual(await connectIscsi(machine.world, ask({ target: T1 })), {
    kind: 'iscsi-connected',
    sessions: [
      { target: T1, portal: PORTAL, fresh: false },
      { target: T1, portal: OTHER, fresh: true },
    ],
    missing: [],
  })
  const none = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  none.silence(PORTAL, 'silent')
  t.is((await connectIscsi(none.world, ask({ target: T1 }))).kind, 'refused')
})

test('a refusal names what is there: no portal, no such target, another name in use', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  const reason = async (body: RequestOf<'connect-iscsi'>) => {
    const answer = await connectIscsi(machine.world, body)
    return answer.kind === 'refused' ? answer.reason : ''
  }
  t.regex(await reason(ask({ portal: '10.77.0.9:3260' })), /10\.77\.0\.9:3260 cannot be asked .*Connection refused/)
  t.regex(await reason(ask({ target: T2 })), /does not offer iqn\.2026-11\.test:t2 .* only iqn\.2026-11\.test:t1/)
  await connectIscsi(machine.world, ask())
  const other = iscsiName.parse('iqn.2026-11.io.hostless:other')
  t.regex(await reason(ask({ initiator: other })), /logged in to iqn\.2026-11\.test:t1 as .*abcdefghijklmnop/)
  t.is(machine.file('/etc/iscsi/initiatorname.iscsi'), `InitiatorName=${initiator}\n`)
})

test('a daemon that runs under another name is started anew when it has no session', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  await machine.world.files.write('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.1993-08.org.debian:01:x\n', 0o600)
  await machine.world.backend.run(['iscsid'])
  t.is((await connectIscsi(machine.world, ask())).kind, 'iscsi-connected')
  t.deepEqual(machine.runs('iscsid').length, 2)
  t.true(machine.commands.some((command) => command.join(' ') === 'iscsiadm -k 0'))
})

test('sessions end with their records; twice is as once; what the request does not name stays', async (t) => {
  const machine = hostWithTargets([
    { name: T1, portals: [PORTAL, OTHER] },
    { name: T2, portals: [PORTAL] },
  ])
  await connectIscsi(machine.world, ask())
  const end: RequestOf<'disconnect-iscsi'> = { kind: 'disconnect-iscsi', portal: PORTAL, target: T1 }
  t.deepEqual(await disconnectIscsi(machine.world, end), { kind: 'iscsi-disconnected', targets: [T1] })
  t.deepEqual(
    machine.sessions().map(({ target }) => target),
    [T2],
  )
  t.deepEqual(await disconnectIscsi(machine.world, end), { kind: 'iscsi-disconnected', targets: [] })
  t.deepEqual(await disconnectIscsi(machine.world, { kind: 'disconnect-iscsi', portal: PORTAL }), {
    kind: 'iscsi-disconnected',
    targets: [T2],
  })
})

test('what a portal offers is read line by line, and link-local or broken lines are left out', (t) => {
  const offers = parseOffers(
    '10.77.0.1:3260,1 iqn.2026-11.test:T1\n[fe80::1%eth0]:3260,1 iqn.2026-11.test:t1\n[fd00::1]:3260,2 iqn.2026-11.test:t1\nnoise\n10.0.0.1:3260,-1 -o\n',
  )
  t.deepEqual(
    offers.map(({ portal, target }) => `${portal} ${target}`),
    ['10.77.0.1:3260 iqn.2026-11.test:t1', '[fd00::1]:3260 iqn.2026-11.test:t1'],
  )
})

test('where LUNs could not be read it is said that their paths may stay apart', async (t) => {
  const machine = hostWithTargets([{ name: T1, portals: [PORTAL] }])
  machine.host.faults.order('lsblk', { kind: 'says', ran: { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' } })
  const answer = await connectIscsi(machine.world, ask({ target: T1 }))
  t.regex(
    answer.kind === 'iscsi-connected' ? answer.missing.join() : '',
    /^whether LUNs have several paths is not known: blockDevices \(lsblk/,
  )
})
