import { X509Certificate } from 'node:crypto'
import test from 'ava'
import { certificateRequest } from '../../../images/agent/certificate-request.ts'
import { checkAgainst, enrolRaw, rawAgent, rawIdentity } from '../raw-agent.ts'
import { keysOf, macOf, post, pushBoot, startSite, startTestAgent, until, uuidOf } from '../site.ts'

test('an agent enrols with the token of its boot, waits for approval, and its inventory is on disk', async (t) => {
  const site = await startSite(t)
  const boot = await pushBoot(site, macOf(1))
  const agent = startTestAgent(t, async () => site.address, boot, { systemUuid: uuidOf(1), macs: [macOf(1), macOf(1001)] })
  const { pool } = site.manager
  const host = await until('a connected host with an inventory', () => pool.hosts().find((one) => one.connection && one.inventory))
  t.is(host.name, 'node01')
  t.is(host.state, 'pending')
  t.is(host.uuid, uuidOf(1))
  t.deepEqual(host.macs, [
    { mac: macOf(1), boot: true },
    { mac: macOf(1001), boot: false },
  ])
  const approved = await pool.move(host.id, { kind: 'approve' }, 'admin alice')
  t.is(approved.kind === 'done' && approved.host.state, 'up')
  agent.change({ memory: { totalBytes: 1 << 30 } })
  await until('the delta', () => pool.host(host.id)?.inventory?.revision === 2)
  t.is((await pool.inventory(host.id))?.memory.totalBytes, 1 << 30)
  const history = await pool.history(host.id)
  t.deepEqual(
    history.map(({ who, what }) => `${who}: ${what}`),
    ['admin alice: up (pending before): approved', `agent: enrolled from 127.0.0.1, booted from ${macOf(1)}: pending`],
  )
})

test('enrol: auto approves, and a host whose agent is gone is lost, and up again when it is back', async (t) => {
  const site = await startSite(t, { enrol: 'auto', settings: { lostAfter: 50 } })
  const { pool } = site.manager
  const first = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(2)), { macs: [macOf(2)] })
  const host = await until('a host that is up', () => pool.hosts().find(({ state }) => state === 'up'))
  await first.link.close()
  await until('a lost host', () => pool.host(host.id)?.state === 'lost')
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(2)), { macs: [macOf(2)] })
  await until('the same host up again', () => pool.host(host.id)?.state === 'up')
  t.is(pool.hosts().length, 1)
})

test('a token is good once, from its own address, until it expires: anything else is refused and raises an alarm', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  const texts = async () => (await pool.alarms()).map(({ text }) => text).join('\n')

  const boot = await pushBoot(site, macOf(3))
  const elsewhere = await enrolRaw(site.address, boot, [macOf(3)], rawIdentity(), '127.0.0.9')
  t.regex(elsewhere.kind === 'rejected' ? elsewhere.reason : '', /good from 127\.0\.0\.1 only/)
  const wrong = await enrolRaw(site.address, { ...boot, token: 'x'.repeat(43) }, [macOf(3)], rawIdentity())
  t.regex(wrong.kind === 'rejected' ? wrong.reason : '', /not that of this boot attempt/)

  const key = rawIdentity()
  t.is((await enrolRaw(site.address, boot, [macOf(3)], key)).kind, 'enrolled', 'what was refused has not spent it')
  const replay = await enrolRaw(site.address, boot, [macOf(3)], rawIdentity())
  t.regex(replay.kind === 'rejected' ? replay.reason : '', /has been spent/)
  t.is((await enrolRaw(site.address, boot, [macOf(3)], key)).kind, 'enrolled', 'the same agent, whose answer was lost')
  await enrolRaw(site.address, await pushBoot(site, macOf(3)), [macOf(3)], rawIdentity())
  const late = await enrolRaw(site.address, boot, [macOf(3)], key)
  t.regex(late.kind === 'rejected' ? late.reason : '', /has booted again since/)

  const old = await enrolRaw(site.address, await pushBoot(site, macOf(4), { expires: Date.now() - 1 }), [macOf(4)], rawIdentity())
  t.regex(old.kind === 'rejected' ? old.reason : '', /has expired: boot the host again/)
  const unknown = await enrolRaw(site.address, { attempt: 'a'.repeat(16), token: 'x'.repeat(43) }, [], rawIdentity())
  t.true(unknown.kind === 'rejected' && unknown.retry)
  for (const fault of [/127\.0\.0\.1 only/, /not that of this/, /booted again since/, /expired/]) t.regex(await texts(), fault)
  t.is(pool.hosts().length, 1)
})

test('two machines with one UUID, or one MAC: the second is kept out, the first goes on, and an alarm names both', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(5)), { systemUuid: uuidOf(5), macs: [macOf(5)] })
  const first = await until('the first host', () => pool.hosts().find(({ connection }) => connection))
  const sameUuid = await enrolRaw(site.address, await pushBoot(site, macOf(6)), [macOf(6)], rawIdentity(), undefined, uuidOf(5))
  t.regex(sameUuid.kind === 'rejected' ? sameUuid.reason : '', /another host has the UUID/)
  const sameMac = await enrolRaw(site.address, await pushBoot(site, macOf(7)), [macOf(7), macOf(5)], rawIdentity(), undefined, uuidOf(7))
  t.regex(sameMac.kind === 'rejected' ? sameMac.reason : '', /another host has the MAC/)
  const alarms = await pool.alarms()
  t.deepEqual(alarms.map(({ kind }) => kind).sort(), ['duplicate-mac', 'duplicate-uuid'])
  t.true(alarms.every(({ text }) => text.includes(first.id)))
  t.true(pool.host(first.id)?.connection !== undefined)
  t.is(pool.hosts().length, 1)
})

test('an agent that speaks for another host, or with a revoked certificate, or with none, is refused and audited', async (t) => {
  const site = await startSite(t)
  const { pool } = site.manager
  const [one, two] = [rawIdentity(), rawIdentity()]
  const first = await enrolRaw(site.address, await pushBoot(site, macOf(8)), [macOf(8)], one)
  const second = await enrolRaw(site.address, await pushBoot(site, macOf(9)), [macOf(9)], two)
  if (first.kind !== 'enrolled' || second.kind !== 'enrolled') return t.fail()
  const [own, other] = [first, second].map(({ certificates: [der = ''] }) => new X509Certificate(Buffer.from(der, 'base64')))
  const idOf = (certificate: X509Certificate | undefined) => certificate?.subjectAltName?.slice(-16) ?? ''
  t.is(await checkAgainst(site.address, idOf(other), own, one), 403)
  t.is(await checkAgainst(site.address, idOf(own), undefined, one), 401)
  t.is(await checkAgainst(site.address, idOf(own), own, one), 101)
  t.is((await pool.move(idOf(own), { kind: 'reject' }, 'admin alice')).kind, 'done')
  t.is(await checkAgainst(site.address, idOf(own), own, one), 403)
  t.deepEqual((await pool.alarms()).map(({ kind }) => kind).sort(), ['agent-refused', 'certificate-refused'])
  const certificate = { cert: own?.toString() ?? '', key: one.export({ type: 'pkcs8', format: 'pem' }) as string }
  t.is((await post(site.address, '/agent/renew', JSON.stringify({ certificateRequest: '' }), {}, certificate)).status, 403)
})

test('10 MB, deep JSON, a flood, nonsense, and words out of order cut off the one who sends them and nobody else', async (t) => {
  const site = await startSite(t, {
    settings: {
      limits: { messages: { perSecond: 50, burst: 500 }, bytes: { perSecond: 4 << 20, burst: 32 << 20 }, pingPeriod: 1000, missedPings: 3 },
    },
  })
  const { pool } = site.manager
  const good = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(10)), { macs: [macOf(10)] })
  const honest = await until('the honest host', () => pool.hosts().find((one) => one.connection && one.inventory))
  const hello = { kind: 'hello', versions: { oldest: 1, newest: 1 }, agent: 'x', run: uuidOf(1), revision: 0 }
  const bad: [string, (send: (text: string) => void) => void][] = [
    ['10 MB', (send) => send('x'.repeat(10 << 20))],
    ['deep JSON', (send) => send('['.repeat(100_000))],
    ['no JSON', (send) => send('{')],
    ['a flood', (send) => void Array.from({ length: 2000 }, (_, number) => send(JSON.stringify({ kind: 'ping', number })))],
    [
      'a sample before hello',
      (send) => send(JSON.stringify({ kind: 'event', at: 1, event: { kind: 'network', what: 'link', interface: 'eth0' } })),
    ],
    ['hello twice', (send) => void [1, 2].map(() => send(JSON.stringify(hello)))],
    ['a control character', (send) => send(JSON.stringify({ ...hello, agent: '\u001b[2J' }))],
  ]
  for (const [at, [what, attack]] of bad.entries()) {
    const key = rawIdentity()
    const mac = macOf(20 + at)
    const enrolled = await enrolRaw(site.address, await pushBoot(site, mac), [mac], key)
    if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
    const code = await rawAgent(site.address, enrolled.certificates, key, attack)
    t.true(code >= 1000, what)
    const host = pool.hosts().find(({ macs }) => macs.some((one) => one.mac === mac))
    await until(`an alarm about ${what}`, async () => (await pool.alarms()).some((alarm) => alarm.host === host?.id))
  }
  good.change({ memory: { totalBytes: 77 } })
  await until('the honest delta', () => pool.host(honest.id)?.inventory?.revision === 2)
  t.is((await pool.alarms()).filter((alarm) => alarm.host === honest.id).length, 0)
})

test('appliances without the secret of the site, and bodies that are not what they should be, change nothing', async (t) => {
  const site = await startSite(t)
  const [good, bad] = [{ authorization: `Bearer ${site.secret}` }, { authorization: 'Bearer x' }]
  t.is((await post(site.address, '/appliance/attempts', '{}', bad)).status, 401)
  t.is((await post(site.address, '/appliance/attempts', '{}', {})).status, 401)
  t.is((await post(site.address, '/appliance/attempts', '{}', good)).status, 400)
  t.is((await post(site.address, '/appliance/attempts', '{', good)).status, 400)
  t.is((await post(site.address, '/appliance/attempts', 'x'.repeat(2 << 20), good)).status, 413)
  t.is((await post(site.address, '/agent/renew', '{}', {})).status, 401)
  t.is((await post(site.address, '/elsewhere', '{}', {})).status, 404)
})

test('the clock jumps a year ahead and two back: certificates have expired, and the agents are back without a boot', async (t) => {
  const clock = { now: Date.now() }
  const site = await startSite(t, { enrol: 'auto', settings: { now: () => clock.now } })
  const { pool } = site.manager
  startTestAgent(t, async () => site.address, await pushBoot(site, macOf(11)), { macs: [macOf(11)] })
  const host = await until('a host that is up', () => pool.hosts().find(({ state, connection }) => state === 'up' && connection))
  for (const jump of [365, -730]) {
    clock.now += jump * 24 * 3600_000
    const since = pool.host(host.id)?.connection?.since
    site.manager.gateway.disconnect(host.id, 'a test')
    await until('another connection', () => {
      const connection = pool.host(host.id)?.connection
      return connection && connection.since !== since
    })
    t.is(pool.host(host.id)?.state, 'up')
  }
})

test('a manager that starts again on the same data knows its hosts and keys, and a second one beside it is refused', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const agent = startTestAgent(t, async () => address, await pushBoot(site, macOf(12)), { macs: [macOf(12)] })
  let address = site.address
  const host = await until('a host that is up', () => site.manager.pool.hosts().find((one) => one.connection && one.inventory))
  await t.throwsAsync(startSite(t, { dataDir: site.dataDir }), { message: /another hostless manager works on/ })
  await site.manager.close()
  agent.change({ memory: { totalBytes: 5 } })
  const again = await startSite(t, { dataDir: site.dataDir, port: site.address.port })
  address = (await keysOf(site.dataDir, again.manager.gateway.port)).address
  await until('what changed meanwhile, as a delta', () => again.manager.pool.host(host.id)?.inventory?.revision === 2)
  t.is(again.manager.pool.host(host.id)?.state, 'up')
  t.is((await again.manager.pool.inventory(host.id))?.memory.totalBytes, 5)
})

test('a certificate is renewed for a week after its end; then the host has to boot, and an alarm says so', async (t) => {
  const clock = { now: Date.now() }
  const HOUR = 3600_000
  const site = await startSite(t, { enrol: 'auto', settings: { now: () => clock.now } })
  const { pool } = site.manager
  const key = rawIdentity()
  const boot = await pushBoot(site, macOf(13))
  const enrolled = await enrolRaw(site.address, boot, [macOf(13)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const cert = new X509Certificate(Buffer.from(enrolled.certificates[0] ?? '', 'base64')).toString()
  const body = JSON.stringify({ certificateRequest: certificateRequest(key).toString('base64') })
  const renew = () => post(site.address, '/agent/renew', body, {}, { cert, key: key.export({ type: 'pkcs8', format: 'pem' }) as string })
  clock.now += (24 + 7 * 24) * HOUR - 60_000
  t.is((await renew()).status, 200, 'over a long weekend, and more')
  clock.now += 24 * HOUR + 120_000
  const late = await renew()
  t.is(late.status, 403)
  t.regex(late.text, /expired 8 days ago, and is renewed for 7 days only: boot the host again/)
  // That the clock has jumped may be told beside it.
  const alarm = (await pool.alarms()).find(({ kind }) => kind === 'certificate-refused')
  t.is(alarm?.host, pool.hosts()[0]?.id ?? '')
  t.regex(alarm?.text ?? '', /is lost until it is booted again/)
  clock.now += 8 * 24 * HOUR
  const again = await enrolRaw(site.address, boot, [macOf(13)], key)
  t.regex(again.kind === 'rejected' ? again.reason : '', /boot the host again/, 'nor does the token that was spent bring it back')
})
