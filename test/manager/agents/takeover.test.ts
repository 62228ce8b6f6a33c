// What becomes of a host when another machine says that it is it, and when the host itself boots again.
import { X509Certificate } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { hostWithTargets } from '../../images/agent/simulated.ts'
import { checkAgainst, enrolRaw, rawAgent, rawIdentity } from '../raw-agent.ts'
import { iscsiHost } from '../reconcile/iscsi-host.ts'
import { ask, macOf, pushBoot, type Site, startSite, startTestAgent, told, until, uuidOf } from '../site.ts'
import { onEach } from '../store/dialects.ts'

const { hosts, connections, properties } = CONTRACT
const PORTAL = '10.77.0.1:3260'
const TARGET = 'iqn.2026-11.test:t1'
const [BOOT, SPARE] = [macOf(1), macOf(257)]
const REAL = { systemUuid: uuidOf(1), serial: 'S1', product: 'R640', macs: [BOOT, SPARE] }

/** node01, approved and up, with its agent connected. */
async function upHost(t: ExecutionContext, site: Site) {
  const { pool } = site.manager
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, BOOT), REAL)
  const { id } = await until('its host', () => pool.hosts().find((one) => one.connection && one.inventory))
  await pool.move(id, { kind: 'approve' }, 'admin alice')
  const { since = 0 } = pool.host(id)?.connection ?? {}
  return { agent, id, since }
}

/** As who has looked at it. */
const approve = async ({ manager }: Site, id: string) =>
  manager.pool.move(id, { kind: 'approve', seen: (await told(manager, hosts.show, { ref: id })).seen }, 'admin alice')

const kindsOf = async ({ manager }: Site) => (await manager.pool.alarms()).map(({ kind }) => kind)

test('who leases the MAC of a spare NIC of a host that is up, and tells no UUID, is kept out: the host goes on, and it is an alarm', async (t) => {
  const site = await startSite(t)
  const { pool, gateway } = site.manager
  const { id, since } = await upHost(t, site)
  const stranger = await enrolRaw(site.address, await pushBoot(site, SPARE), [SPARE], rawIdentity())
  t.regex(stranger.kind === 'rejected' && stranger.retry ? stranger.reason : '', /the agent of node01 is connected/)
  t.like(pool.host(id), { state: 'up', connection: { since }, uuid: uuidOf(1) })
  t.true(gateway.isConnected(id))
  t.deepEqual(await kindsOf(site), ['identity-changed'])
  gateway.disconnect(id, 'a test')
  await until('its agent, by the certificate that it has', () => (pool.host(id)?.connection?.since ?? 0) > since)
})

onEach(
  'a stranger in the place of a host that is away is pending and gets no secret; approved, it is the host and gets them',
  async (t, place) => {
    const site = await startSite(t, { ...place, settings: { lostAfter: 50 } })
    const { manager } = site
    const { pool } = manager
    const chap = { user: 'joe', password: 'secretsecret12' }
    await told(manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET, chap })
    await told(manager, properties.set, { text: '[a]\ncommand = true\nreturn_type = int\nticks = 60\n' })
    const real = await upHost(t, site)
    await real.agent.link.close()
    await until('a lost host', () => pool.host(real.id)?.state === 'lost')

    const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL], chap }])
    const { asked, id } = await iscsiHost(t, site, 257, machine)
    t.is(id, real.id)
    t.is(pool.host(id)?.state, 'pending')
    t.deepEqual(asked, [])
    const { change, seen } = await told(manager, hosts.show, { ref: 'node01' })
    t.like(change?.was, { uuid: uuidOf(1), serial: 'S1', product: 'R640' })
    t.deepEqual(
      change?.was.macs.map(({ mac, boot }) => [mac, boot]),
      [
        [BOOT, true],
        [SPARE, false],
      ],
    )
    t.deepEqual(change?.is, { uuid: undefined, serial: undefined, product: undefined, macs: [{ mac: SPARE, boot: true }] })
    t.deepEqual(await kindsOf(site), ['identity-changed'])

    const approved = await ask(manager, hosts.approve, { ref: 'node01', seen })
    t.like(approved, { kind: 'done', value: { state: 'up' } })
    t.is(approved.kind === 'done' && approved.value.change, undefined)
    await until('its session', () => machine.sessions().length === 1)
    await until('the properties', () => asked.some(({ kind }) => kind === 'set-properties'))
    t.deepEqual(await kindsOf(site), [])
    t.is(pool.host(id)?.uuid, undefined)
    const history = await pool.history(id)
    t.regex(history[0]?.what ?? '', /approved; node01 from now on: it tells no UUID/)
  },
)

test('nobody takes the place of a host whose agent was connected a moment ago', async (t) => {
  const site = await startSite(t)
  const { pool, gateway } = site.manager
  const { agent, id } = await upHost(t, site)
  await agent.link.close()
  await until('its agent gone', () => !gateway.isConnected(id))
  const stranger = await enrolRaw(site.address, await pushBoot(site, SPARE), [SPARE], rawIdentity())
  t.regex(stranger.kind === 'rejected' && stranger.retry ? stranger.reason : '', /the agent of node01 was connected a moment ago/)
  t.like(pool.host(id), { state: 'up', uuid: uuidOf(1) })
  t.deepEqual(await kindsOf(site), ['identity-changed'])
})

test('an approval is of the claim that was looked at: another machine that has come since is refused, with both in words', async (t) => {
  const site = await startSite(t, { settings: { lostAfter: 50 } })
  const { manager } = site
  const { pool } = manager
  const { agent, id } = await upHost(t, site)
  await agent.link.close()
  await until('a lost host', () => pool.host(id)?.state === 'lost')
  const claim = async (serial: string) => {
    // Whoever was there a moment ago keeps others out.
    await until('the one before is away', () => !pool.wasHere(id))
    return enrolRaw(site.address, await pushBoot(site, BOOT), REAL.macs, rawIdentity(), undefined, uuidOf(1), { serial, product: 'R640' })
  }
  t.is((await claim('S2')).kind, 'enrolled')
  const looked = await told(manager, hosts.show, { ref: 'node01' })
  t.is((await claim('S3')).kind, 'enrolled')
  for (const seen of [looked?.seen, undefined, '']) {
    const refused = await ask(manager, hosts.approve, { ref: 'node01', seen })
    t.like(refused, { kind: 'refused', code: 'identity' })
    t.regex(
      refused.kind === 'refused' ? refused.reason : '',
      /now R640, serial number S3, UUID .*; known was R640, serial number S1, UUID /,
    )
  }
  t.like(pool.host(id), { state: 'pending', serial: 'S1' })
  // The same machine once more is the one that was looked at.
  t.is((await claim('S2')).kind, 'enrolled')
  t.like(await ask(manager, hosts.approve, { ref: 'node01', seen: looked.seen }), { kind: 'done' })
  t.is(pool.host(id)?.serial, 'S2')
})

test('a machine that waits is not approved as the one that has come in its place since', async (t) => {
  const site = await startSite(t, { settings: { lostAfter: 50 } })
  const { manager } = site
  const { pool } = manager
  const enrol = async (serial: string) =>
    enrolRaw(site.address, await pushBoot(site, BOOT), REAL.macs, rawIdentity(), undefined, uuidOf(1), { serial, product: 'R640' })
  t.is((await enrol('S1')).kind, 'enrolled')
  const { hosts: waiting } = await told(manager, hosts.list, {})
  const [looked] = waiting
  t.is(looked?.change, undefined)
  const id = looked?.id ?? ''
  await until('the first is away', () => !pool.wasHere(id))
  t.is((await enrol('S2')).kind, 'enrolled')
  const refused = await ask(manager, hosts.approve, { ref: id, seen: looked?.seen })
  t.like(refused, { kind: 'refused', code: 'identity' })
  t.regex(refused.kind === 'refused' ? refused.reason : '', /is now R640, serial number S2/)
  t.is(pool.host(id)?.state, 'pending')
})

test('enrol: auto lets in who was never seen, and nobody in the place of a host', async (t) => {
  const site = await startSite(t, { enrol: 'auto', settings: { lostAfter: 50 } })
  const { pool } = site.manager
  const { agent, id } = await upHost(t, site)
  await agent.link.close()
  await until('a lost host', () => pool.host(id)?.state === 'lost')
  const other = await enrolRaw(site.address, await pushBoot(site, BOOT), [BOOT, SPARE], rawIdentity(), undefined, uuidOf(7), {
    serial: 'S1',
  })
  t.is(other.kind, 'enrolled')
  t.is(pool.host(id)?.state, 'pending')
})

test('a spare NIC that somebody has approved is one to boot from, as the one before still is', async (t) => {
  const site = await startSite(t, { settings: { lostAfter: 50 } })
  const { pool } = site.manager
  const { agent, id } = await upHost(t, site)
  await agent.link.close()
  await until('a lost host', () => pool.host(id)?.state === 'lost')
  const enrol = async (mac: string) =>
    enrolRaw(site.address, await pushBoot(site, mac), REAL.macs, rawIdentity(), undefined, uuidOf(1), { serial: 'S1', product: 'R640' })
  t.is((await enrol(SPARE)).kind, 'enrolled')
  t.is(pool.host(id)?.state, 'pending')
  await approve(site, id)
  for (const mac of [SPARE, BOOT, SPARE]) {
    t.is((await enrol(mac)).kind, 'enrolled')
    t.is(pool.host(id)?.state, 'booting', mac)
  }
  t.is(pool.hosts().length, 1)
})

test('a host that is reset comes back though its old connection still stands, and the old certificate is good no more', async (t) => {
  const site = await startSite(t, { settings: { probePatience: 200 } })
  const { pool } = site.manager
  const [key, fresh] = [rawIdentity(), rawIdentity()]
  const enrol = async (by: typeof key) =>
    enrolRaw(site.address, await pushBoot(site, BOOT), REAL.macs, by, undefined, uuidOf(1), { serial: 'S1', product: 'R640' })
  const first = await enrol(key)
  if (first.kind !== 'enrolled') return t.fail(first.reason)
  const hello = { kind: 'hello', versions: { oldest: 1, newest: 1 }, agent: 'x', run: uuidOf(1), revision: 0 }
  const ended = rawAgent(site.address, first.certificates, key, (send) => send(JSON.stringify(hello)))
  const { id } = await until('a connection on which nobody will answer', () => pool.hosts().find(({ connection }) => connection))
  await approve(site, id)
  t.is((await enrol(fresh)).kind, 'enrolled')
  t.true((await ended) >= 1000)
  t.is(pool.host(id)?.state, 'booting')
  const [der = ''] = first.certificates
  t.is(await checkAgainst(site.address, id, new X509Certificate(Buffer.from(der, 'base64')), key), 403)
})

test('who has copied all that is known of a host is kept out as long as its agent answers', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  const { id, since } = await upHost(t, site)
  const twins = [1, 2, 3].map(async () =>
    enrolRaw(site.address, await pushBoot(site, BOOT), REAL.macs, rawIdentity(), undefined, uuidOf(1), { serial: 'S1', product: 'R640' }),
  )
  for (const twin of await Promise.all(twins))
    t.regex(twin.kind === 'rejected' && twin.retry ? twin.reason : '', /is connected and answers/)
  t.like(pool.host(id), { state: 'up', connection: { since } })
  t.deepEqual(await kindsOf(site), ['enrolment-refused'])
})

test('the machine that was approved takes its place back from one that claims it, and what claimed it gets nothing', async (t) => {
  const site = await startSite(t, { settings: { lostAfter: 50 } })
  const { manager } = site
  const { pool } = manager
  const real = await upHost(t, site)
  await real.agent.link.close()
  await until('a lost host', () => pool.host(real.id)?.state === 'lost')
  const machine = hostWithTargets([{ name: TARGET, portals: [PORTAL] }])
  const { asked, agent } = await iscsiHost(t, site, 257, machine)
  t.is(pool.host(real.id)?.state, 'pending')
  await told(manager, connections.add, { kind: 'iscsi', portal: PORTAL, target: TARGET })
  const wanted = new Set<string>()
  startTestAgent(t, async () => site.address, await pushBoot(site, BOOT), REAL, {
    answer: async ({ request: { id } }) => {
      wanted.add(id)
      return { kind: 'answer', id, answer: { kind: 'refused', cause: 'unable', reason: 'a test' } }
    },
  })
  await until('the host again', () => pool.host(real.id)?.state === 'up')
  await until('what it is asked', () => wanted.size > 0)
  t.deepEqual(asked, [])
  t.false(agent.link.isWelcome())
  t.is(pool.host(real.id)?.claim, undefined)
})

test('a new board in the place of a host in maintenance is one approval, and it is in maintenance still; a fence stays', async (t) => {
  const site = await startSite(t, { settings: { lostAfter: 50 } })
  const { pool } = site.manager
  const { agent, id } = await upHost(t, site)
  await pool.move(id, { kind: 'maintain', guests: 0 }, 'admin alice')
  await agent.link.close()
  await until('an absent host', () => !pool.host(id)?.connection && !pool.wasHere(id))
  const boards = [2, 3].map(
    (board) => async () =>
      enrolRaw(site.address, await pushBoot(site, BOOT), [BOOT, macOf(512 + board)], rawIdentity(), undefined, uuidOf(board), {
        serial: `S${board}`,
      }),
  )
  t.is((await boards[0]?.())?.kind, 'enrolled')
  t.is(pool.host(id)?.state, 'pending')
  t.like(await approve(site, id), { kind: 'done', host: { state: 'maintenance', serial: 'S2' } })
  await pool.move(id, { kind: 'fence', proof: 'dark' }, 'admin alice')
  await until('a host that is away', () => !pool.wasHere(id))
  t.is((await boards[1]?.())?.kind, 'enrolled')
  t.is(pool.host(id)?.state, 'fenced')
  t.is((await pool.move(id, { kind: 'release' }, 'admin alice')).kind, 'refused')
  t.like(await approve(site, id), { kind: 'done', host: { state: 'fenced', serial: 'S3' } })
  t.like(await pool.move(id, { kind: 'release' }, 'admin alice'), { kind: 'done', host: { state: 'maintenance', power: 'off' } })
})

test('a machine with a new NIC is known by its UUID and serial number together, and waits for approval', async (t) => {
  const site = await startSite(t, { settings: { lostAfter: 50 } })
  const { pool } = site.manager
  const { agent, id } = await upHost(t, site)
  await agent.link.close()
  await until('a lost host', () => pool.host(id)?.state === 'lost')
  const enrol = async (serial: string) =>
    enrolRaw(site.address, await pushBoot(site, macOf(9)), [macOf(9)], rawIdentity(), undefined, uuidOf(1), { serial })
  const twin = await enrol('S2')
  t.regex(twin.kind === 'rejected' ? twin.reason : '', /another host has the UUID/)
  t.is((await enrol('S1')).kind, 'enrolled')
  t.is(pool.host(id)?.state, 'pending')
  await approve(site, id)
  t.is((await enrol('S1')).kind, 'enrolled')
  t.is(pool.host(id)?.state, 'booting')
  t.is(pool.hosts().length, 1)
})
