import test, { type ExecutionContext } from 'ava'
import type { LinkOptions } from '../../../images/agent/link/runner.ts'
import { openDesk } from '../../../images/agent/requests/desk.ts'
import type { AnswerBody, RequestBody } from '../../../manager/protocol/requests.ts'
import { enrolRaw, rawAgent, rawIdentity } from '../raw-agent.ts'
import { macOf, pushBoot, type Site, startSite, startTestAgent, until } from '../site.ts'

const COLLECT: RequestBody = { kind: 'collect', sections: ['dmi'] }
const DONE: AnswerBody = { kind: 'collected', revision: 1, problems: [] }

/** A host of this site whose agent answers by a desk of its own. */
async function hostThat(t: ExecutionContext, site: Site, index: number, collect: () => Promise<AnswerBody>) {
  const desk = openDesk({ collect })
  const answer: LinkOptions['answer'] = async ({ request: { id, request } }) => ({
    kind: 'answer',
    id,
    answer: await desk.answer(id, request),
  })
  const agent = startTestAgent(t, async () => site.address, await pushBoot(site, macOf(index)), { macs: [macOf(index)] }, { answer })
  const { pool } = site.manager
  const host = await until('its host', () =>
    pool.hosts().find(({ macs, connection, inventory }) => connection && inventory && macs.some(({ mac }) => mac === macOf(index))),
  )
  return { agent, host: host.id }
}

test('a host that is up answers what it is asked, and the same id again is not done again', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { gateway } = site.manager
  let done = 0
  const { host } = await hostThat(t, site, 1, async () => {
    done += 1
    return DONE
  })
  t.deepEqual(await gateway.request(host, COLLECT, { id: 'a/1' }), { kind: 'answered', answer: DONE })
  t.deepEqual(await gateway.request(host, COLLECT, { id: 'a/1' }), { kind: 'answered', answer: DONE })
  t.is(done, 1)
  await gateway.request(host, COLLECT)
  t.is(done, 2)
})

test('a host that is pending, gone or unknown is not asked, and the refusal says why', async (t) => {
  const site = await startSite(t)
  const { gateway, pool } = site.manager
  const { host, agent } = await hostThat(t, site, 1, async () => DONE)
  t.like(await gateway.request(host, COLLECT), { kind: 'refused', cause: 'untrusted' })
  await pool.move(host, { kind: 'approve' }, 'admin')
  t.like(await gateway.request(host, COLLECT), { kind: 'answered' })
  await agent.link.close()
  await until('that it is gone', () => !gateway.isConnected(host))
  t.like(await gateway.request(host, COLLECT), { kind: 'refused', cause: 'absent' })
  t.like(await gateway.request('aaaaaaaaaaaaaaaa', COLLECT), { kind: 'refused', cause: 'absent' })
})

test('an answer that comes too late harms nothing, and is there when the same is asked again', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { gateway, pool } = site.manager
  const waiting: ((answer: AnswerBody) => void)[] = []
  const { host, agent } = await hostThat(t, site, 1, () => new Promise((resolve) => waiting.push(resolve)))
  t.like(await gateway.request(host, COLLECT, { id: 'slow', limit: 1 }), { kind: 'refused', cause: 'silent' })
  const finish = await until('that it is being done', () => waiting[0])
  finish(DONE)
  const revision = agent.change({ memory: { totalBytes: 7 } })
  await until('what the agent said after the answer', () => pool.host(host)?.inventory?.revision === revision)
  t.deepEqual(await pool.alarms(), [])
  t.deepEqual(await gateway.request(host, COLLECT, { id: 'slow' }), { kind: 'answered', answer: DONE })
  t.is(waiting.length, 1)
})

test('a connection that ends takes its questions with it; over the next one the same id gets the answer', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { gateway, pool } = site.manager
  const waiting: ((answer: AnswerBody) => void)[] = []
  const { host } = await hostThat(t, site, 1, () => new Promise((resolve) => waiting.push(resolve)))
  const first = gateway.request(host, COLLECT, { id: 'x' })
  await until('that it is being done', () => waiting[0])
  const since = pool.host(host)?.connection?.since
  gateway.disconnect(host, 'this test')
  t.like(await first, { kind: 'refused', cause: 'absent' })
  waiting[0]?.(DONE)
  await until('another connection', () => {
    const connection = pool.host(host)?.connection
    return gateway.isConnected(host) && connection !== undefined && connection.since !== since
  })
  t.deepEqual(await gateway.request(host, COLLECT, { id: 'x' }), { kind: 'answered', answer: DONE })
  t.is(waiting.length, 1)
  t.deepEqual(await pool.alarms(), [])
})

test('an answer that nobody asked for ends the connection, and the operator hears of it', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(5)), [macOf(5)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const code = await rawAgent(site.address, enrolled.certificates, key, (send) => {
    send(
      JSON.stringify({
        kind: 'hello',
        versions: { oldest: 1, newest: 2 },
        agent: 'x',
        run: '00000000-0000-4000-8000-000000000001',
        revision: 1,
      }),
    )
    send(JSON.stringify({ kind: 'answer', id: 'nobody', answer: DONE }))
  })
  t.is(code, 1008)
  const alarms = await until('the alarm', async () => {
    const raised = await site.manager.pool.alarms()
    return raised.length > 0 && raised
  })
  t.regex(alarms.map(({ text }) => text).join(), /an answer that nobody asked for/)
})

test('an agent of an older version is not asked what it does not know, and stays connected', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(6)), [macOf(6)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const { pool, gateway } = site.manager
  void rawAgent(site.address, enrolled.certificates, key, (send) =>
    send(
      JSON.stringify({
        kind: 'hello',
        versions: { oldest: 1, newest: 1 },
        agent: 'old',
        run: '00000000-0000-4000-8000-000000000001',
        revision: 1,
      }),
    ),
  )
  const host = await until('the old agent', () => pool.hosts().find(({ connection }) => connection?.agent === 'old'))
  t.like(await gateway.request(host.id, { kind: 'set-properties', text: '' }), { kind: 'refused', cause: 'old' })
  t.true(gateway.isConnected(host.id))
})
