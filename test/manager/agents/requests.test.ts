import test, { type ExecutionContext } from 'ava'
import { machineClock } from '../../../images/agent/exec.ts'
import type { LinkOptions } from '../../../images/agent/link/runner.ts'
import { openDesk } from '../../../images/agent/requests/desk.ts'
import type { Handlers, Task } from '../../../images/agent/requests/task.ts'
import type { Progress } from '../../../manager/protocol/requests/request.ts'
import type { AnswerOf, Refusal, RequestBody } from '../../../manager/protocol/requests.ts'
import { enrolRaw, rawAgent, rawIdentity } from '../raw-agent.ts'
import { dataDirFor, macOf, pushBoot, type Site, startSite, startTestAgent, until, uuidOf } from '../site.ts'

const COLLECT: RequestBody = { kind: 'collect', sections: ['dmi'] }
const DONE: AnswerOf<'collect'> = { kind: 'collected', revision: 1, problems: [] }

/** A host of this site whose agent answers by a desk of its own. */
async function hostThat(t: ExecutionContext, site: Site, index: number, collect: () => Promise<AnswerOf<'collect'>>) {
  return hostWith(t, site, index, { collect })
}

async function hostWith(t: ExecutionContext, site: Site, index: number, handlers: Partial<Handlers>) {
  const desk = openDesk(handlers, { clock: machineClock })
  const answer: LinkOptions['answer'] = async ({ request: { id, request } }, tell) => ({
    kind: 'answer',
    id,
    answer: await desk.answer(id, request, tell),
  })
  const agent = startTestAgent(
    t,
    async () => site.address,
    await pushBoot(site, macOf(index)),
    { macs: [macOf(index)] },
    { answer, cancel: (id) => desk.cancel(id) },
  )
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
  const waiting: ((answer: AnswerOf<'collect'>) => void)[] = []
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
  const waiting: ((answer: AnswerOf<'collect'>) => void)[] = []
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
        versions: { oldest: 1, newest: 4 },
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

const SCAN: RequestBody = { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: 'a' } }
type Scanned = AnswerOf<'scan-file-system'>
const SCANNED: Scanned = { kind: 'file-system-scanned', sizeBytes: 2, freeBytes: 1, images: [], leftOut: [] }
const reading = (done: number): Progress => ({ phase: 'reading', done, total: 10, unit: 'files' })

/** A host whose scan goes on until the test ends it. */
async function scanningHost(t: ExecutionContext, site: Site) {
  const tasks: Task[] = []
  const ends: ((answer: Scanned | Refusal) => void)[] = []
  const scan = (_body: unknown, task: Task) => {
    tasks.push(task)
    return new Promise<Scanned | Refusal>((resolve) => ends.push(resolve))
  }
  return { ...(await hostWith(t, site, 1, { 'scan-file-system': scan })), tasks, ends }
}

test('a job tells how far it is, over the next connection as soon as it is asked for again, and ends once', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { gateway, pool } = site.manager
  const { host, tasks, ends } = await scanningHost(t, site)
  const first = gateway.ask(host, SCAN, { id: 'job' })
  const task = await until('that it is being done', () => tasks[0])
  task.tell(reading(1))
  await until('its progress', () => first.progress()?.done === 1)
  const since = pool.host(host)?.connection?.since
  gateway.disconnect(host, 'this test')
  t.like(await first.ended, { kind: 'refused', cause: 'absent' })
  task.tell(reading(2))
  await until('another connection', () => gateway.isConnected(host) && pool.host(host)?.connection?.since !== since)
  const again = gateway.ask(host, SCAN, { id: 'job' })
  const heard: number[] = []
  again.watch(({ done }) => heard.push(done))
  await until('how far it has come', () => heard.includes(2))
  ends[0]?.(SCANNED)
  t.deepEqual(await again.ended, { kind: 'answered', answer: SCANNED })
  t.deepEqual(await gateway.request(host, SCAN, { id: 'job' }), { kind: 'answered', answer: SCANNED })
  t.is(tasks.length, 1)
  t.deepEqual(await pool.alarms(), [])
})

test('a job survives its manager: the next one asks by the same id, and hears how far it is and how it ends', async (t) => {
  const dataDir = await dataDirFor(t)
  const before = await startSite(t, { enrol: 'auto', dataDir })
  const { host, tasks, ends } = await scanningHost(t, before)
  void before.manager.gateway.ask(host, SCAN, { id: 'job' })
  const task = await until('that it is being done', () => tasks[0])
  task.tell(reading(3))
  const { port } = before.address
  await before.manager.close()
  const after = await startSite(t, { enrol: 'auto', dataDir, port })
  await until('the host', () => after.manager.gateway.isConnected(host))
  const again = after.manager.gateway.ask(host, SCAN, { id: 'job' })
  await until('how far it has come', () => again.progress()?.done === 3)
  ends[0]?.(SCANNED)
  t.deepEqual(await again.ended, { kind: 'answered', answer: SCANNED })
  t.is(tasks.length, 1)
})

test('a job that is cancelled is answered, also when it hangs, and nothing is thought ill of its late end', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { gateway, pool } = site.manager
  const { host, agent, tasks, ends } = await scanningHost(t, site)
  const heeding = gateway.ask(host, SCAN, { id: 'heeding' })
  const task = await until('that it is being done', () => tasks[0])
  task.signal.addEventListener('abort', () => ends[0]?.({ kind: 'refused', cause: 'unable', reason: 'stopped before its end' }))
  heeding.cancel()
  t.deepEqual(await heeding.ended, {
    kind: 'answered',
    answer: { kind: 'refused', cause: 'cancelled', reason: 'it was cancelled: stopped before its end' },
  })
  const deaf = gateway.ask(host, SCAN, { id: 'deaf' })
  await until('that it is being done', () => tasks[1])
  deaf.cancel()
  t.like(await deaf.ended, { kind: 'answered', answer: { kind: 'refused', cause: 'unknown' } })
  ends[1]?.(SCANNED)
  const revision = agent.change({ memory: { totalBytes: 7 } })
  await until('what the agent said after that', () => pool.host(host)?.inventory?.revision === revision)
  t.deepEqual(await pool.alarms(), [])
})

test('progress of what nobody asked for ends the connection, and the operator hears of it', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(7)), [macOf(7)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const code = await rawAgent(site.address, enrolled.certificates, key, (send) => {
    send(JSON.stringify({ kind: 'hello', versions: { oldest: 1, newest: 4 }, agent: 'x', run: uuidOf(1), revision: 1 }))
    send(JSON.stringify({ kind: 'progress', id: 'nobody', progress: reading(1) }))
  })
  t.is(code, 1008)
  const alarms = await until('the alarm', async () => {
    const raised = await site.manager.pool.alarms()
    return raised.length > 0 && raised
  })
  t.regex(alarms.map(({ text }) => text).join(), /progress of what nobody asked for/)
})

test('an agent of version 3 keeps working, and is only asked for what changes nothing', async (t) => {
  const site = await startSite(t, { enrol: 'auto' })
  const { pool, gateway } = site.manager
  const key = rawIdentity()
  const enrolled = await enrolRaw(site.address, await pushBoot(site, macOf(8)), [macOf(8)], key)
  if (enrolled.kind !== 'enrolled') return t.fail(enrolled.reason)
  const heard: string[] = []
  const hello = { kind: 'hello', versions: { oldest: 1, newest: 3 }, agent: 'three', run: uuidOf(1), revision: 1 }
  void rawAgent(
    site.address,
    enrolled.certificates,
    key,
    (send) => send(JSON.stringify(hello)),
    (message, send) => {
      heard.push(message.kind === 'request' ? message.request.kind : message.kind)
      if (message.kind === 'request') send(JSON.stringify({ kind: 'answer', id: message.id, answer: SCANNED }))
    },
  )
  const { id } = await until('the old agent', () => pool.hosts().find(({ connection }) => connection?.agent === 'three'))
  t.deepEqual(await gateway.request(id, SCAN), { kind: 'answered', answer: SCANNED })
  const refused = await gateway.request(id, { kind: 'disconnect-iscsi', portal: '10.77.0.1:3260' })
  t.like(refused, { kind: 'refused', cause: 'old' })
  t.regex(refused.kind === 'refused' ? refused.reason : '', /version 4 and later: upgrade the agent$/)
  await gateway.request(id, { kind: 'upgrade', version: '2', sha256: 'a'.repeat(64), size: 1 })
  t.deepEqual(heard, ['welcome', 'scan-file-system', 'upgrade'])
  t.true(gateway.isConnected(id))
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
