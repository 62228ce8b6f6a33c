import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { CONTRACT } from '../../../manager/contract/contract.ts'
import { attemptsPush, bootPlan, bootsPush, leasesPush } from '../../../manager/protocol/appliance.ts'
import { mac as macSchema } from '../../../manager/protocol/values.ts'
import { BOOTS_OF_A_MAC } from '../../../manager/store/tables/boots.ts'
import { newHostId } from '../../../manager/store/tables/hosts.ts'
import { listen } from '../doors/api/asking.ts'
import { ask, macOf, post, pushBoot, type Site, startSite, startTestAgent, told, until } from '../site.ts'
import { onEach } from '../store/dialects.ts'
import { askPlan } from './asking.ts'

const selfOf = (letter: string) => ({ id: letter.repeat(16), version: '0.1.0', address: '127.0.0.1' })
const A = selfOf('a')
const B = selfOf('b')

const bootOf = (mac: string, changed: object = {}) => ({
  id: newHostId(),
  mac,
  started: Date.now() - 1000,
  outcome: 'booting',
  stages: [{ stage: 'script', state: 'done', at: Date.now(), detail: 'over HTTP' }],
  ...changed,
})

async function tell({ address, secret }: Site, path: string, body: object | string): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return (await post(address, path, text, { authorization: `Bearer ${secret}` })).status
}

const tellBoots = (site: Site, appliance: object, ...boots: object[]) => tell(site, '/appliance/boots', { appliance, boots })

const appliancesOf = async ({ manager }: Site) => (await told(manager, CONTRACT.boots.appliances, {})).appliances

/** A host that is in the pool, without a connection. */
async function hostBy(t: ExecutionContext, site: Site, mac: string): Promise<string> {
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, mac), { macs: [macSchema.parse(mac)] })
  const host = await until('the host', () => site.manager.pool.hosts().find((one) => one.connection && one.macs[0]?.mac === mac))
  await agent.link.close()
  await until('its absence', () => site.manager.pool.host(host.id)?.connection === undefined)
  return host.id
}

onEach(
  'what an appliance tells of a boot is what the API shows of its host: newest first, with the image that it came up with',
  async (t, place) => {
    const site = await startSite(t, { enrol: 'auto', ...place })
    const { manager } = site
    await manager.access.addUser('alice', 'correct horse battery', 'viewer')
    const token = await manager.access.issueToken('alice', { label: 'test', days: 1 })
    if (token.kind !== 'done') return t.fail(token.reason)
    const stream = listen(t, site, { authorization: `Bearer ${token.value.secret}` })
    await until('an open stream', () => stream.status() === 200)
    const id = await hostBy(t, site, macOf(1))
    const up = bootOf(macOf(1), { outcome: 'up', started: Date.now() - 5000, image: 'dom0', generation: '0123456789abcdef' })
    t.is(await tellBoots(site, A, up), 204)
    const later = bootOf(macOf(1), { image: 'dom0', generation: 'f'.repeat(16) })
    t.is(await tellBoots(site, A, later), 204)
    t.is(await tellBoots(site, A, later), 204, 'the same again')
    t.deepEqual(
      (await told(manager, CONTRACT.boots.list, { ref: id })).boots.map((boot) => [boot.id, boot.outcome, boot.appliance]),
      [
        [later.id, 'booting', A.id],
        [up.id, 'up', A.id],
      ],
    )
    t.deepEqual((await told(manager, CONTRACT.hosts.show, { ref: id })).image, { image: 'dom0', generation: '0123456789abcdef' })
    const heard = () => stream.events.flatMap((event) => (event.kind === 'boot' ? [event.mac] : []))
    await until('the event of a boot', () => heard().length > 0)
    t.deepEqual(new Set(heard()), new Set([macOf(1)]))
  },
)

onEach('a boot that gets stuck: an alarm with the diagnosis, its host is lost; one that comes up ends the alarm', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  const { pool } = site.manager
  const id = await hostBy(t, site, macOf(1))
  await pushBoot(site, macOf(1))
  t.is(pool.host(id)?.state, 'booting')
  const boot = bootOf(macOf(1))
  await tellBoots(site, A, boot)
  t.is(pool.host(id)?.state, 'booting')
  await tellBoots(site, A, { ...boot, outcome: 'stuck', diagnosis: 'the initramfs found no NIC' })
  t.is(pool.host(id)?.state, 'lost')
  t.like(await pool.alarms(), [{ kind: 'boot-stuck', host: id, times: 1 }])
  t.regex(JSON.stringify(await pool.history(id)), /the initramfs found no NIC/)
  await tellBoots(site, A, bootOf(macOf(1), { started: Date.now(), outcome: 'up' }))
  t.deepEqual(await pool.alarms(), [])
})

onEach('a host that boots is not lost by a boot from its spare NIC that gets stuck: whose that is nobody knows', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  const { pool } = site.manager
  const macs = [macOf(1), macOf(2)].map((one) => macSchema.parse(one))
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs })
  const { id } = await until('the host', () => pool.hosts().find(({ connection }) => connection !== undefined))
  await agent.link.close()
  await until('no connection', () => pool.host(id)?.connection === undefined)
  await pushBoot(site, macOf(1))
  t.is(pool.host(id)?.state, 'booting')
  await tellBoots(site, A, bootOf(macOf(2), { outcome: 'stuck' }))
  t.is(pool.host(id)?.state, 'booting')
  await tellBoots(site, A, bootOf(macOf(1), { outcome: 'stuck' }))
  t.is(pool.host(id)?.state, 'lost')
})

onEach('a boot by one NIC that the same host’s boot by another has followed alarms nobody, at two appliances neither', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  const { pool } = site.manager
  const macs = [macOf(1), macOf(2)].map((one) => macSchema.parse(one))
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(1)), { macs })
  const host = await until('the host', () => pool.hosts().find(({ connection }) => connection !== undefined))
  const failed = bootOf(macOf(2), { started: Date.now() - 40_000, outcome: 'failed', diagnosis: 'it began another boot' })
  await tellBoots(site, A, failed, bootOf(macOf(1)))
  t.deepEqual(await pool.alarms(), [])
  await tellBoots(site, B, bootOf(macOf(2)))
  t.deepEqual(await pool.alarms(), [])
  await tellBoots(site, B, bootOf(macOf(2), { started: Date.now(), outcome: 'stuck' }))
  t.like(await pool.alarms(), [{ kind: 'boot-stuck', host: host.id }])
})

onEach('several appliances are kept apart, a host may move between them, and one MAC at two at once raises an alarm', async (t, place) => {
  const site = await startSite(t, place)
  const lease = (address: string, kind: string, mac?: string) => ({ address, kind, ...(mac ? { mac, expires: 1 } : {}) })
  const leases = [lease('10.0.0.5', 'bound', macOf(1)), lease('10.0.0.9', 'permanent', macOf(2)), lease('10.0.0.12', 'declined')]
  t.is(await tell(site, '/appliance/leases', { appliance: A, leases }), 204)
  t.is(await tell(site, '/appliance/leases', { appliance: B, leases: leases.slice(0, 1) }), 204)
  await tellBoots(site, A, bootOf(macOf(1), { started: Date.now() - 3600_000 }))
  await tellBoots(site, B, bootOf(macOf(1)))
  t.deepEqual(await site.manager.pool.alarms(), [], 'it has moved')
  await tellBoots(site, A, bootOf(macOf(1)))
  t.like(await site.manager.pool.alarms(), [{ kind: 'two-appliances', times: 1 }])
  const count = async () => {
    const all = await appliancesOf(site)
    return [A, B].map(({ id }) => all.find((one) => one.id === id)).map((one) => [one?.boots, one?.leases])
  }
  t.deepEqual(await count(), [
    [2, 2],
    [1, 1],
  ])
  t.is(await tell(site, '/appliance/leases', { appliance: A, after: '10.0.0.5', upTo: '10.0.0.10', leases: [] }), 204)
  t.deepEqual(await count(), [
    [2, 1],
    [1, 1],
  ])
})

onEach('a token that is told twice does not make its host boot twice', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  const { pool } = site.manager
  const id = await hostBy(t, site, macOf(1))
  const attempt = { id: newHostId(), mac: macOf(1), address: '127.0.0.1', tokenHash: 'ab'.repeat(32), expires: Date.now() + 60_000 }
  t.is(await tell(site, '/appliance/attempts', { appliance: A, attempts: [attempt] }), 204)
  t.is(pool.host(id)?.state, 'booting')
  await pool.move(id, { kind: 'silent', cause: 'of this test' }, 'manager')
  t.is(await tell(site, '/appliance/attempts', { appliance: A, attempts: [{ ...attempt, expires: attempt.expires + 5 }] }), 204)
  t.is(pool.host(id)?.state, 'lost')
})

onEach('of one machine so many boots are kept, the newest, and the last that came up', async (t, place) => {
  const site = await startSite(t, { enrol: 'auto', ...place })
  const id = await hostBy(t, site, macOf(1))
  const at = Date.now() - 1_000_000
  const up = bootOf(macOf(1), { started: at, outcome: 'up', image: 'dom0', generation: 'a'.repeat(16) })
  const many = Array.from({ length: 40 }, (_, index) => bootOf(macOf(1), { started: at + 1 + index }))
  await tellBoots(site, A, up, ...many)
  const { boots: kept } = await told(site.manager, CONTRACT.boots.list, { ref: id })
  t.is(kept.length, BOOTS_OF_A_MAC + 1)
  t.is(kept[0]?.id, many.at(-1)?.id)
  t.is(kept.at(-1)?.id, up.id)
})

onEach('the plan has each host by name, standing and what it shall boot; a change ends the wait for it', async (t, place) => {
  const site = await startSite(t, place)
  const { manager } = site
  const { pool } = manager
  const { set } = CONTRACT.boots
  const id = await hostBy(t, site, macOf(1))
  const first = await askPlan(site)
  const hosts = (text: string) => bootPlan.parse(JSON.parse(text)).hosts
  t.deepEqual(hosts(first.text), [{ macs: [macOf(1)], name: 'node01', standing: 'pending' }])
  t.is((await askPlan(site, { 'if-none-match': first.etag })).status, 304)

  const waiting = askPlan(site, { 'if-none-match': first.etag, prefer: 'wait=30' })
  await pool.change(id, [{ kind: 'rename', name: 'web7' }], 'admin alice')
  const second = await waiting
  t.deepEqual(hosts(second.text), [{ macs: [macOf(1)], name: 'web7', standing: 'pending' }])

  t.is((await ask(manager, set, { ref: 'web7', image: 'dom0-next', root: 'ram', force: true })).kind, 'done')
  t.is((await ask(manager, set, { ref: 'web7', root: null })).kind, 'done')
  t.is((await ask(manager, set, { ref: 'nobody', root: null })).kind, 'missing')
  await pool.move(id, { kind: 'approve' }, 'admin alice')
  t.deepEqual(hosts((await askPlan(site)).text), [{ macs: [macOf(1)], name: 'web7', standing: 'known', image: 'dom0-next' }])
  await pool.move(id, { kind: 'reject' }, 'admin alice')
  t.like(hosts((await askPlan(site)).text), [{ name: 'web7', standing: 'rejected' }])
  t.regex(JSON.stringify(await pool.history(id)), /boots dom0-next, its root in ram, from its next boot on/)
})

test('every route of appliances wants the secret of the site, and the right method', async (t) => {
  const site = await startSite(t)
  for (const path of ['attempts', 'boots', 'leases', `plan/${A.id}`, 'nothing', ''].map((tail) => `/appliance/${tail}`)) {
    for (const headers of [
      {},
      { authorization: 'Bearer x' },
      { authorization: site.secret },
      { authorization: `Bearer ${site.secret}x` },
    ]) {
      t.is((await post(site.address, path, '{}', headers)).status, 401, path)
    }
  }
  t.is(await tell(site, '/appliance/nothing', '{}'), 404)
  t.is(await tell(site, `/appliance/plan/${A.id}`, '{}'), 405)
  t.is(await tell(site, '/appliance/plan/..%2f', '{}'), 404)
})

test('hostile bodies change nothing and are answered with what is wrong: size, depth, types, and whatever else may come', async (t) => {
  const site = await startSite(t)
  const before = (await appliancesOf(site)).length
  for (const path of ['/appliance/attempts', '/appliance/boots', '/appliance/leases']) {
    t.is(await tell(site, path, 'x'.repeat(2 << 20)), 413)
    for (const text of ['', '{', '[]', 'null', '['.repeat(500_000), '{"a":'.repeat(100_000), '{"boots":[],"appliance":{}}', '\u0000']) {
      t.is(await tell(site, path, text), 400, `${path} ${text.slice(0, 40)}`)
    }
  }
  const evil = [
    { mac: 'x' },
    { started: -1 },
    { started: 1e300 },
    { outcome: 'fine' },
    { image: '../x' },
    { stages: {} },
    { diagnosis: '\u001b[2J' },
  ]
  for (const changed of evil) t.is(await tellBoots(site, A, bootOf(macOf(1), changed)), 400, JSON.stringify(changed))
  t.is(await tellBoots(site, A, ...Array.from({ length: 300 }, () => bootOf(macOf(1)))), 400)
  t.is((await appliancesOf(site)).length, before)
})

test('no mutation of a good message gets past its schema with something that is not of the schema', (t) => {
  const boot = bootOf(macOf(1), { image: 'dom0', generation: 'a'.repeat(16), diagnosis: 'x' })
  const messages = [
    { schema: bootsPush, good: { appliance: A, boots: [boot] } },
    {
      schema: leasesPush,
      good: { appliance: A, after: '10.0.0.1', leases: [{ address: '10.0.0.2', mac: macOf(1), kind: 'bound', expires: 1 }] },
    },
    {
      schema: attemptsPush,
      good: { attempts: [{ id: boot.id, mac: macOf(1), address: '10.0.0.2', tokenHash: 'ab'.repeat(32), expires: 1 }] },
    },
  ]
  for (const { schema, good } of messages) {
    const text = JSON.stringify(good)
    t.true(schema.safeParse(JSON.parse(text)).success)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.string({ unit: 'binary', maxLength: 4 }), (at, junk) => {
        const mutated = text.slice(0, at) + junk + text.slice(at + 1)
        let json: unknown
        try {
          json = JSON.parse(mutated)
        } catch {
          return
        }
        const parsed = schema.safeParse(json)
        if (parsed.success) t.deepEqual(schema.parse(JSON.parse(JSON.stringify(parsed.data))) as object, parsed.data)
      }),
      { numRuns: 300 },
    )
  }
})
