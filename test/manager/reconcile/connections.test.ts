import test from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { hostWithTargets } from '../../images/agent/simulated.ts'
import { ask, type Site, startSite, told, until } from '../site.ts'
import { onEach } from '../store/dialects.ts'
import { iscsiHost } from './iscsi-host.ts'

const PORTAL = '10.77.0.1:3260'
const OTHER = '10.78.0.1:3260'
const TARGET = 'iqn.2026-11.test:t1'
const SECRET = 'secretsecret12'

const { connections, properties } = CONTRACT
const shown = async ({ manager }: Pick<Site, 'manager'>) => (await told(manager, connections.list, {})).connections
const statesOf = async (site: Site) => (await shown(site)).flatMap(({ hosts }) => hosts.map(({ state }) => state))

onEach('a connection reaches every host that is up, also one that comes later, and is gone when the last session is', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  const { manager } = site
  const machines = [1, 2].map(() => hostWithTargets([{ name: TARGET, portals: [PORTAL], chap: { user: 'joe', password: SECRET } }]))
  const [first, second] = machines
  if (!first || !second) return t.fail()
  const one = await iscsiHost(t, site, 1, first)
  const made = await ask(manager, connections.add, {
    ...{ kind: 'iscsi', portal: '10.77.0.1', target: TARGET.toUpperCase(), chap: { user: 'joe', password: SECRET } },
  })
  if (made.kind !== 'done') return t.fail(made.reason)
  t.like(made.value, { portal: PORTAL, target: TARGET, user: 'joe', by: 'alice', ending: false })
  await until('a session of the first', async () => first.sessions().length === 1 && (await statesOf(site)).join() === 'connected')
  await iscsiHost(t, site, 2, second)
  await until('a session of the second', async () => (await statesOf(site)).join() === 'connected,connected')
  t.is(first.file('/etc/iscsi/initiatorname.iscsi'), `InitiatorName=iqn.2026-11.io.hostless:${one.id}\n`)
  t.notRegex(JSON.stringify(await shown(site)), /secretsecret12/)
  t.like(await ask(manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET }, 'bob'), { kind: 'refused' })

  t.like(await ask(manager, connections.remove, { id: made.value.id }), { kind: 'done', value: { ending: true } })
  await until('no session any more', async () => (await shown(site)).length === 0)
  t.deepEqual([first.sessions(), second.sessions()], [[], []])
  t.like(await ask(manager, connections.remove, { id: made.value.id }), { kind: 'missing' })
})

test('only hosts of the groups get it, pending ones never, and a host that comes into a group then', async (t) => {
  const site = await startSite(t)
  const { manager } = site
  const { pool } = manager
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL] }])
  const { id, asked } = await iscsiHost(t, site, 1, machine)
  await told(manager, connections.add, { kind: 'iscsi', portal: PORTAL, groups: ['rack1'] })
  await pool.move(id, { kind: 'approve' }, 'alice')
  t.deepEqual(await statesOf(site), [])
  await pool.change(id, [{ kind: 'group', groups: ['rack1'] }], 'alice')
  await until('its session', async () => (await statesOf(site)).join() === 'connected')
  t.is(asked.filter(({ kind }) => kind === 'connect-iscsi').length, 1)
})

test('what does not work is an alarm that says what to do, seen at the host, and gone when it works', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { manager } = site
  const { pool } = manager
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL] }])
  machine.silence(PORTAL, 'silent')
  const { agent } = await iscsiHost(t, site, 1, machine)
  const made = await ask(manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET })
  if (made.kind !== 'done') return t.fail(made.reason)
  const [alarm] = await until('the alarm', async () => {
    const raised = await pool.alarms()
    return raised.length > 0 && raised
  })
  t.regex(alarm?.text ?? '', new RegExp(`node01 is not logged in to ${TARGET} .*timed out.*hostless storage disconnect ${made.value.id}`))
  t.deepEqual(await statesOf(site), ['failed'])
  machine.silence(PORTAL, 'answering')
  await agent.link.close()
  await iscsiHost(t, site, 1, machine)
  await until('its session', async () => (await statesOf(site)).join() === 'connected')
  await until('no alarm any more', async () => (await pool.alarms()).length === 0)
})

onEach('portals that were not reached are tried again, also after the manager began anew, though there is a session', async (t, place) => {
  const before = await startSite(t, { enrol: 'auto', ...place })
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL, OTHER] }])
  machine.silence(OTHER, 'silent')
  await iscsiHost(t, before, 1, machine)
  await told(before.manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET })
  await until('the alarm', async () => (await before.manager.pool.alarms()).length > 0)
  t.is(machine.sessions().length, 1)
  await before.manager.close()
  machine.silence(OTHER, 'answering')
  const after = await startSite(t, { enrol: 'auto', ...place })
  await iscsiHost(t, after, 1, machine)
  await until('both sessions', () => machine.sessions().length === 2)
  await until('no alarm any more', async () => (await after.manager.pool.alarms()).length === 0)
})

test('a session that has no other path yet is asked for again when its host is back', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL, OTHER] }])
  machine.silence(OTHER, 'silent')
  const { agent } = await iscsiHost(t, site, 1, machine)
  await told(site.manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET })
  await until('the alarm', async () => (await site.manager.pool.alarms()).length > 0)
  machine.silence(OTHER, 'answering')
  await agent.link.close()
  await iscsiHost(t, site, 1, machine)
  await until('both sessions', () => machine.sessions().length === 2)
  t.deepEqual(
    machine.sessions().map(({ portal }) => portal),
    [PORTAL, OTHER],
  )
})

test('a connection is not taken for gone while it is not known which sessions a host has', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL] }])
  const { agent, id } = await iscsiHost(t, site, 1, machine)
  const made = await ask(site.manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET })
  if (made.kind !== 'done') return t.fail(made.reason)
  await until('its session', async () => (await statesOf(site)).join() === 'connected')
  const hung = { section: 'iscsi', source: 'iscsiadm -m session -P 3', reason: 'stopped after 20 s' } as const
  machine.host.faults.order('iscsiadm -m session -P 3', {
    kind: 'says',
    ran: { kind: 'stopped', stdout: '', reason: 'stopped after 20 s' },
  })
  agent.change({ iscsi: { sessions: [] } }, [hung])
  await until('that it is not known', async () => ((await site.manager.pool.inventory(id))?.problems.length ?? 0) > 0)
  await told(site.manager, connections.remove, { id: made.value.id })
  const [ending] = await shown(site)
  t.is(ending?.hosts[0]?.state, 'ending')
  t.regex(ending?.hosts[0]?.why ?? '', /not known: iscsi \(iscsiadm -m session -P 3: stopped after 20 s\)/)
  t.is(machine.sessions().length, 1)
  machine.host.faults.clear()
  agent.change({ iscsi: { sessions: [] } }, [])
  await until('that it is gone', async () => (await shown(site)).length === 0)
})

onEach('what is wanted survives the manager, with its secrets sealed in the database', async (t, place) => {
  const before = await startSite(t, { enrol: 'auto', ...place })
  await told(before.manager, connections.add, { kind: 'iscsi', portal: PORTAL, chap: { user: 'joe', password: SECRET } })
  await told(before.manager, properties.set, { text: '[a]\ncommand=x\nreturn_type=int\nticks=5\n' })
  const rows = await before.manager.store.db.selectFrom('connections').selectAll().execute()
  t.notRegex(JSON.stringify(rows), /secretsecret12/)
  await before.manager.close()

  const after = await startSite(t, { enrol: 'auto', ...place })
  t.regex((await told(after.manager, properties.show, {})).text, /\[a\]/)
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL], chap: { user: 'joe', password: SECRET } }])
  const { asked } = await iscsiHost(t, after, 1, machine)
  await until('its session', () => machine.sessions().length === 1)
  await until('its properties', () => asked.some((body) => body.kind === 'set-properties' && body.text.startsWith('[a]')))
})

test('wrong wishes are refused with the reason', async (t) => {
  const { manager } = await startSite(t)
  const reason = async (wish: object) => {
    const done = await ask(manager, connections.add, { kind: 'iscsi', portal: PORTAL, ...wish })
    return done.kind === 'refused' ? done.reason : done.kind
  }
  t.regex(await reason({ portal: '-o update' }), /a portal is an IP address/)
  t.regex(await reason({ portal: '10.0.0.1:99999999' }), /a portal is an IP address/)
  t.regex(await reason({ target: 'disk1' }), /begins with iqn/)
  t.regex(await reason({ groups: ['a b'] }), /groups are named/)
  t.regex(await reason({ chap: { user: 'joe', password: 'x\nnode.startup = automatic' } }), /printable ASCII/)
  t.is(await reason({ portal: '[fd00::1]' }), 'done')
  const file = await ask(manager, properties.set, { text: '[a]\ncommand=\n' })
  t.regex(file.kind === 'refused' ? file.reason : '', /line 2: a has no command=/)
})
