// A guest's page: what stands there of it, and what may be done to it.
import test from 'ava'
import type { VmDisk } from '../../../../manager/contract/vms.ts'
import { runningAutomation } from '../../fake-automations.ts'
import { endedMove } from '../../fake-vms.ts'
import { fakeGuest, uuidOfGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

const DISK = '11111111-2222-4333-8444-555555555555'
const disk: VmDisk = {
  ...{ id: DISK, vdev: 'xvda', sizeBytes: 2 ** 33, access: 'read-write', state: 'ready', found: 'yes' },
  ...{ device: `/dev/mapper/hostless-${DISK}`, lv: `disk-${DISK}`, vg: 'data' },
}

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const get = async (path: string, role: 'viewer' | 'operator' = 'viewer') =>
    (await ask(server, path, { headers: { cookie: (await server.session(role)).cookie } })).text
  return { pool, server, get }
}

const verbs = (text: string) => [...text.matchAll(/ action="\/guests\/[^"/]+\/(\w+)"/g)].map(([, verb]) => verb)
const path = (index: number) => `/guests/${uuidOfGuest(index)}`

test('a guest has its state, facts, NICs as they are attached, spec as YAML, and what was done to it', async (t) => {
  const { pool, get } = await site(t)
  pool.vms.push(
    fakeGuest(1, {
      notes: 'for <all>',
      spec: { name: 'web1', memory: '1G', xl: { altp2m: 'external' } },
      nics: [{ network: 'lan', mac: '00:16:3e:00:00:01', bridge: 'xenbr0', vif: 'vif2.0', rateKBps: 100 }, { network: 'dmz' }],
    }),
  )
  pool.automations.push(runningAutomation('auto7', { title: `create ${uuidOfGuest(1)}` }), runningAutomation('auto8'))
  const text = await get('/guests/web1')
  for (const part of [
    'for &lt;all&gt;',
    'href="/hosts/node0002"',
    'vif2.0 → xenbr0',
    '100 kB/s',
    'given at its start',
    'memory: 1G\n',
    'altp2m: external',
    'href="/automations/auto7"',
    '<code>hostless vm show web1</code>',
    `hostless automation list --guest ${uuidOfGuest(1)}`,
  ]) {
    t.true(text.includes(part), part)
  }
  t.false(text.includes('auto8'), 'what is about another is not its history')
  t.deepEqual(verbs(text), [], 'a viewer may only look')
  t.regex(await get('/guests/nobody'), /There is no such guest/)
})

test('each NIC has its addresses and by what they are known; what two use is said, and what is not known is not none', async (t) => {
  const { pool, get } = await site(t)
  const mac = '00:16:3e:00:00:01'
  const address = { address: '10.0.0.5', mac, how: 'both', since: 1_790_000_000_000, last: Date.now() } as const
  const nics = [{ network: 'lan', mac, filter: 'mac' as const }]
  const clashes = ['web2 uses its address 10.0.0.5 on network lan, too']
  pool.vms.push(fakeGuest(1, { nics, addresses: [address], clashes }), fakeGuest(2, { nics, addresses: [] }), fakeGuest(3, { nics }))
  const text = await get('/guests/web1')
  t.regex(text, /10\.0\.0\.5<\/span> <small>told and seen since <time/)
  t.true(text.includes('web2 uses its address 10.0.0.5 on network lan, too'))
  t.regex(text, /00:16:3e:00:00:01<\/span> <small>held to its MAC</)
  t.regex(await get('/guests/web2'), /none told or seen/)
  t.regex(await get('/guests/web3'), /not known: its host does not tell/)
})

test('a disk is shown from what the guest opens down to the serial number of the disk below', async (t) => {
  const { pool, get } = await site(t)
  pool.vms.push(fakeGuest(1, { spec: { name: 'web1' }, disks: [{ ...disk, below: [{ device: 'sdb', serial: 'WD-1234' }] }] }))
  const text = await get(path(1))
  t.regex(
    text,
    new RegExp(`<small>g</small>.*hostless-${DISK}[\\s\\S]*<small>LV</small>.*data/disk-${DISK}[\\s\\S]*<small>PV</small>.*sdb.*WD-1234`),
  )
  t.notRegex(text, /on these disks/)
})

test('what could not be read is not empty: PVs, LVs and sections that nobody has read are said to be unknown', async (t) => {
  const { pool, get } = await site(t)
  pool.vms.push(
    fakeGuest(1, { spec: { name: 'web1' }, disks: [{ ...disk, found: 'unread' }] }),
    fakeGuest(2, { spec: { name: 'web2' }, disks: [{ ...disk, found: 'no', below: [] }] }),
    fakeGuest(3, {
      spec: { name: 'web3' },
      seen: [{ host: idOf(3), hostName: 'node0004', domid: 4, state: 'running', disks: [], unread: true }],
    }),
  )
  pool.become(idOf(1), { unread: [{ section: 'lvs', source: 'lvs', reason: 'it was stopped after 20 s' }] })
  const unread = await get(path(1))
  t.regex(unread, /which disks VG data lies on is not known/)
  t.regex(unread, /whether it is there is not known/)
  t.regex(unread, /Not known: lvs of node0002: lvs: it was stopped after 20 s/)
  const gone = await get(path(2))
  t.regex(gone, /class="bad">its host does not report it/)
  t.regex(gone, /no disk of VG data is reported/)
  t.regex(await get(path(3)), /it may have more disks and NICs/)
})

test('a guest that is seen twice says where; one that hostless did not make shows what its host reports, and no button', async (t) => {
  const { pool, get } = await site(t)
  const seen = (host: number, domid: number) => ({
    ...{ host: idOf(host), hostName: `node000${host + 1}`, domid, state: 'running' },
    disks: [{ vdev: 'xvda', target: '/dev/vg/<root>', access: 'read-write' as const }],
  })
  pool.vms.push(fakeGuest(1, { state: 'conflicted', spec: { name: 'web1' }, seen: [seen(0, 3), seen(1, 9)] }))
  pool.vms.push(fakeGuest(2, { state: 'unmanaged', seen: [seen(2, 5)] }))
  t.regex(await get(path(1), 'operator'), /domain 3 on node0001 is running[\s\S]*domain 9 on node0002 is running/)
  const stranger = await get(path(2), 'operator')
  t.regex(stranger, /Hostless did not make it/)
  t.true(stranger.includes('/dev/vg/&lt;root&gt;'))
  t.deepEqual(verbs(stranger), [])
})

test('what has a meaning in its state is offered, done by the operation in the name of who asks, and said', async (t) => {
  const { pool, server, get } = await site(t)
  pool.vms.push(
    fakeGuest(1),
    fakeGuest(2, { state: 'stopped' }),
    fakeGuest(3, { state: 'paused' }),
    fakeGuest(4, { automation: { id: 'auto9', title: 'stop web4', recipe: 'stop-guest' } }),
  )
  t.deepEqual(verbs(await get(path(1), 'operator')), ['stop', 'reboot', 'pause', 'destroy'])
  t.deepEqual(verbs(await get(path(2), 'operator')), ['start', 'destroy'])
  t.deepEqual(verbs(await get(`${path(3)}/now`, 'operator')), ['unpause', 'stop', 'destroy'])
  const held = await get(path(4), 'operator')
  t.deepEqual(verbs(held), [])
  t.regex(held, /It is held by <a href="\/automations\/auto9">/)

  const session = await server.session('operator')
  const stopped = await post(server, `${path(1)}/stop`, session, { how: 'hard', seconds: '' })
  t.is(stopped.headers.location, path(1))
  t.is((await post(server, `${path(1)}/destroy`, session, { disks: 'keep' })).headers.location, '/guests')
  t.is((await post(server, `${path(3)}/unpause`, session)).status, 303)
  t.deepEqual(pool.calls, ['stop web1 {"how":"hard","seconds":120}', 'destroy web1 {"disks":"keep"}', 'unpause web3 {}'])
  t.is((await post(server, `${path(1)}/stop`, session, { how: 'gently' })).status, 400)
  const told = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(told.includes(`stop guest ${uuidOfGuest(1)}, hard`))
})

test('the end of its console stands there as plain text, or why it does not', async (t) => {
  const { pool, get } = await site(t)
  pool.vms.push(fakeGuest(1), fakeGuest(2))
  pool.said.set('web1', [...Array(100).fill('x'.repeat(80)), 'login: \u001b[31m<root>\u001b[0m'].join('\r\n'))
  t.true((await get(path(1))).includes(`hx-get="${path(1)}/console-log"`))
  const said = await get(`${path(1)}/console-log`)
  t.regex(said, /login: &lt;root&gt;/)
  t.is(said.match(/x{80}\n/g)?.length, 100)
  t.regex(await get(`${path(2)}/console-log`), /The agent of its host is not connected/)
})

test('its moves that have ended stand there with bytes, seconds, pause, outcome and by whom; of others none', async (t) => {
  const { pool, get } = await site(t)
  pool.vms.push(fakeGuest(1, { spec: { name: 'web1' } }))
  t.notRegex(await get(path(1)), /<h2>Moves/)
  pool.moves.push(
    endedMove('m1', { guest: uuidOfGuest(1) }),
    endedMove('m2', { guest: uuidOfGuest(1), outcome: 'failed', reason: 'VG <data> is full', pauseMs: undefined }),
    endedMove('m3', { guest: uuidOfGuest(2) }),
  )
  const text = await get(path(1))
  for (const part of [
    'href="/automations/m1"',
    '8 GiB',
    '1.3 GiB',
    '180 ms',
    '92.0 s',
    'VG &lt;data&gt; is full',
    'hostless vm history web1',
  ])
    t.true(text.includes(part), part)
  t.false(text.includes('/automations/m3'))
})
