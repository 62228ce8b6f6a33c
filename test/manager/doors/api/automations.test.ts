// Automations through the API of a running manager: the real engine on a real store, and an agent that answers as the test says.
import test, { type ExecutionContext } from 'ava'
import type { AnswerBody, RequestBody } from '../../../../manager/protocol/requests.ts'
import { lvmUuid, report } from '../../connectivity/inventories.ts'
import { macOf, pushBoot, startTestAgent, until } from '../../site.ts'
import { type ApiSite, listen, startApiSite } from './asking.ts'

type Answer = AnswerBody | 'silence'

const DISKS = report({ blockDevices: [{ name: 'sdb', device: '/dev/sdb', serial: 'S1', transport: 'sata' }] }).blockDevices
const made: AnswerBody = { kind: 'vg-made', vg: { name: 'data', uuid: lvmUuid('a') }, sizeBytes: 1 << 30, freeBytes: 1 << 30 }

interface Rack {
  readonly site: ApiSite
  readonly host: string
  readonly asked: RequestBody[]
  answer: (body: RequestBody) => Answer
}

/** One host with an empty disk. */
async function rack(t: ExecutionContext): Promise<Rack> {
  t.timeout(240_000)
  const site = await startApiSite(t, { enrol: 'auto' })
  const asked: RequestBody[] = []
  const one: Rack = {
    site,
    asked,
    host: '',
    answer: ({ kind }) => (kind === 'make-vg' ? made : { kind: 'collected', revision: 1, problems: [] }),
  }
  const agent = startTestAgent(
    t,
    async () => site.address,
    await pushBoot(site, macOf(1)),
    { macs: [macOf(1)] },
    {
      answer: async ({ request: { id, request } }) => {
        asked.push(request)
        const answer = one.answer(request)
        return answer === 'silence' ? new Promise(() => undefined) : { kind: 'answer', id, answer }
      },
    },
  )
  const host = await until(
    'a host that is up',
    () => site.manager.pool.hosts().find(({ connection, inventory }) => connection && inventory)?.id,
  )
  const revision = agent.change({ blockDevices: DISKS })
  await until('its disk', () => (site.manager.pool.revisionOf(host)?.revision ?? 0) >= revision)
  return Object.assign(one, { host })
}

const CREATE = (host: string) => ({ host, name: 'data', disks: 'empty' })
const post = ({ site }: Rack, path: string, body: object, headers: Record<string, string> = {}) =>
  site.ask('POST', path, { token: site.tokens.operator, body, headers })
const show = async ({ site }: Rack, id: string) => JSON.parse((await site.as('viewer')('GET', `/automations/${id}`)).text)
const ended = (one: Rack, id: string) =>
  until(`the end of ${id}`, async () => {
    const view = await show(one, id)
    return view.ended !== undefined && view
  })

test('what acts answers 202 with its automation, which is listed, told of, shown with its steps, and audited once', async (t) => {
  const one = await rack(t)
  const stream = listen(t, one.site, { authorization: `Bearer ${one.site.tokens.viewer}` })
  await until('the stream', () => stream.status() === 200)
  const { status, text } = await post(one, '/storage/vgs', CREATE(one.host))
  t.is(status, 202, text)
  const { id, title } = JSON.parse(text).automation
  t.is(title, 'make VG data on node01 of sdb')
  const view = await ended(one, id)
  t.like(view, { state: 'done', who: 'operator', phase: 'look', recipe: 'make-vg', mayAbort: 'no: it has ended' })
  t.deepEqual(
    view.steps.map(({ what, state }: { what: string; state: string }) => `${what}: ${state}`),
    [
      ...['phase claim: sdb', 'a claim of writer', 'the hook before-make-vg', 'phase make: VG data', 'make-vg on node01'],
      ...['phase look', 'collect on node01', 'the hook after-make-vg'],
    ].map((what) => `${what}: done`),
  )
  t.like(one.asked[0], { kind: 'make-vg', name: 'data', disks: [{ name: 'sdb', serial: 'S1', contents: 'none' }] })
  await until('its events', () => stream.events.some((event) => event.kind === 'automation' && event.automation === id))
  const viewer = one.site.as('viewer')
  t.like(JSON.parse((await viewer('GET', '/automations')).text).automations[0], { id, state: 'done' })
  t.deepEqual(JSON.parse((await viewer('GET', '/automations?which=open')).text).automations, [])
  t.is((await viewer('GET', '/automations/nothing')).status, 404)
  const audit = JSON.parse((await one.site.as('admin')('GET', '/audit')).text)
  const told = audit.entries.filter(({ what }: { what: string }) => what.startsWith('make VG data on node01'))
  t.is(told.length, 1, JSON.stringify(audit.entries))
  t.is(told[0].what, `make VG data on node01 (${one.host}) of its empty disks`)
})

test('a key that comes again starts nothing, also when the world has changed since; with another body it is 422, another user has his own', async (t) => {
  const one = await rack(t)
  const key = { 'idempotency-key': 'k-1' }
  const first = JSON.parse((await post(one, '/storage/vgs', CREATE(one.host), key)).text).automation
  await ended(one, first.id)
  // The disk is not empty any more: by itself the request would be refused.
  const asked = one.asked.length
  const again = await post(one, '/storage/vgs', { disks: 'empty', name: 'data', host: one.host }, key)
  t.is(again.status, 202, again.text)
  t.like(JSON.parse(again.text).automation, { id: first.id, state: 'done' })
  t.is(one.asked.length, asked)
  const other = await post(one, '/storage/vgs', { ...CREATE(one.host), name: 'more' }, key)
  t.is(other.status, 422)
  t.like(JSON.parse(other.text), { code: 'key-reused' })
  t.true(JSON.parse(other.text).detail.includes(first.id))
  const byAdmin = await one.site.ask('POST', '/storage/vgs', { token: one.site.tokens.admin, body: CREATE(one.host), headers: key })
  t.not(JSON.parse(byAdmin.text).automation?.id, first.id)
  for (const bad of ['x'.repeat(256), 'with space', 'ü'.normalize('NFC')]) {
    const { status, text } = await post(one, '/storage/vgs', CREATE(one.host), { 'idempotency-key': Buffer.from(bad).toString('latin1') })
    t.is(status, 400, bad)
    t.regex(text, /Idempotency-Key/)
  }
  t.is((await post(one, '/storage/vgs', CREATE(one.host), { 'hostless-automation': '../x' })).status, 400)
  const within = await post(one, '/storage/vgs', CREATE(one.host), { 'hostless-automation': first.id })
  t.is(within.status, 409)
  t.regex(within.text, /runs no hook: leave HOSTLESS_AUTOMATION out/)
})

test('of two admins at once one gets 202, and the other 409 with who holds it; the refused one is audited as refused', async (t) => {
  const one = await rack(t)
  one.answer = () => 'silence'
  const asks = [one.site.tokens.operator, one.site.tokens.admin].map((token) =>
    one.site.ask('POST', '/storage/vgs', { token, body: CREATE(one.host) }),
  )
  const answers = (await Promise.all(asks)).sort((a, b) => a.status - b.status)
  t.deepEqual(
    answers.map(({ status }) => status),
    [202, 409],
  )
  const [won, lost] = answers.map(({ text }) => JSON.parse(text))
  t.is(lost.code, 'locked')
  t.true(lost.detail.includes(won.automation.id) && lost.detail.startsWith('VG data of node01 is held by automation'), lost.detail)
  const { entries } = JSON.parse((await one.site.as('admin')('GET', '/audit')).text)
  const said = entries.filter(({ what }: { what: string }) => what.startsWith('make VG data'))
  t.deepEqual(said.map(({ what }: { what: string }) => / refused \(409\)/.test(what)).sort(), [false, true])
})

test('one that runs is aborted over the API, whoever asks again is told that it has ended, and its disk is free', async (t) => {
  const one = await rack(t)
  one.answer = ({ kind }) => (kind === 'make-vg' ? 'silence' : { kind: 'collected', revision: 1, problems: [] })
  const { id } = JSON.parse((await post(one, '/storage/vgs', CREATE(one.host))).text).automation
  await until('its request', () => one.asked.some(({ kind }) => kind === 'make-vg'))
  t.like(await show(one, id), { state: 'running', turn: 'make-vg on node01', mayAbort: 'yes' })
  t.like(JSON.parse((await one.site.as('viewer')('GET', `/tasks/${id}`)).text), {
    ...{
      kind: 'automation',
      what: 'make VG data on node01 of sdb',
      on: ['host node01', 'VG data of node01'],
      who: 'operator',
      state: 'running',
    },
    ...{ progress: { phase: 'make', done: 1, total: 3, unit: 'phases' }, mayCancel: true },
  })
  const refused = await post(one, '/storage/vgs', { host: one.host, name: 'other', disks: 'empty' })
  const second = JSON.parse(refused.text).automation.id
  t.like(await ended(one, second), { state: 'failed' })
  t.regex((await show(one, second)).reason, new RegExp(`/dev/sdb of node01 is held by automation ${id} \\(make VG data`))
  const at = Date.now()
  t.is((await post(one, `/automations/${id}/abort`, {})).status, 202)
  const view = await ended(one, id)
  t.true(Date.now() - at < 10_000)
  t.is(view.state, 'aborted')
  t.is((await post(one, `/automations/${id}/abort`, {})).status, 409)
  t.is((await post(one, `/automations/${id}/retry-undo`, { how: 'by-hand' })).status, 409)
  t.is((await post(one, '/automations/nothing/resume', {})).status, 404)
  one.answer = ({ kind }) => (kind === 'make-vg' ? made : { kind: 'collected', revision: 1, problems: [] })
  const again = JSON.parse((await post(one, '/storage/vgs', CREATE(one.host))).text).automation
  t.is((await ended(one, again.id)).state, 'done')
})

test('a task that is an automation is cancelled by its abort, and is told of as a task', async (t) => {
  const one = await rack(t)
  one.answer = ({ kind }) => (kind === 'make-vg' ? 'silence' : { kind: 'collected', revision: 1, problems: [] })
  const stream = listen(t, one.site, { authorization: `Bearer ${one.site.tokens.viewer}` })
  await until('the stream', () => stream.status() === 200)
  const { id } = JSON.parse((await post(one, '/storage/vgs', CREATE(one.host))).text).automation
  await until('its request', () => one.asked.some(({ kind }) => kind === 'make-vg'))
  await until('its events', () => stream.events.some((event) => event.kind === 'task' && event.task === id))
  const said = await post(one, `/tasks/${id}/cancel`, {})
  t.is(said.status, 202, said.text)
  t.like(await ended(one, id), { state: 'aborted' })
  const task = JSON.parse((await one.site.as('viewer')('GET', `/tasks?kind=automation`)).text).tasks[0]
  t.like(task, { id, state: 'cancelled', mayCancel: false })
  t.regex(task.reason, /operator/)
  t.like(JSON.parse((await post(one, `/tasks/${id}/cancel`, {})).text), { code: 'not-cancellable', status: 409 })
})

test('what is not there, not empty or not connected is refused before anything is begun', async (t) => {
  const one = await rack(t)
  const said = async (path: string, body: object) => {
    const { status, text } = await post(one, path, body)
    return `${status} ${JSON.parse(text).detail}`
  }
  t.regex(await said('/storage/vgs', { ...CREATE('nobody') }), /^404 there is no host "nobody"/)
  t.regex(await said('/storage/vgs', { ...CREATE(one.host), disks: ['S9'] }), /^409 node01 has no disk with this serial number/)
  t.regex(await said('/storage/vgs', { ...CREATE(one.host), name: '-x' }), /^400 name: is no name of a VG/)
  t.regex(await said('/storage/vgs/data/extend', { host: one.host, disks: 'empty' }), /^404 there is no VG "data" on node01/)
  t.regex(await said('/storage/vgs/data/remove', { host: one.host }), /^404 there is no VG "data" on node01/)
  const viewer = one.site.as('viewer')
  t.like(JSON.parse((await viewer('GET', '/storage/disks')).text).hosts[0].disks[0], { name: 'sdb', verdict: 'empty', serial: 'S1' })
  t.deepEqual(JSON.parse((await viewer('GET', '/storage/vgs')).text).hosts[0].vgs, [])
  t.is(one.asked.length, 0)
  one.site.manager.gateway.disconnect(one.host, 'the test')
})
