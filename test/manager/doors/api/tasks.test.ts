// Tasks through the API of a running manager: an automation of the real engine, and an image that is sent, as one list.
import test from 'ava'
import { until } from '../../site.ts'
import { listen, startApiSite } from './asking.ts'

test('what is long is listed, told of and cancelled in one place, whatever kind it is; a cancel is an operator’s, and audited', async (t) => {
  t.timeout(240_000)
  const site = await startApiSite(t, { enrol: 'auto' })
  const stream = listen(t, site, { authorization: `Bearer ${site.tokens.viewer}` })
  await until('the stream', () => stream.status() === 200)
  const post = (path: string, body: object, token: string = site.tokens.operator) => site.ask('POST', path, { token, body })
  const begun = JSON.parse((await post('/vm-image-uploads', { name: 'debian13', sizeBytes: 1 << 20 })).text)
  const viewer = site.as('viewer')
  const list = async (query = '') => JSON.parse((await viewer('GET', `/tasks${query}`)).text).tasks
  const [task] = await list()
  t.like(task, {
    kind: 'image-add',
    what: 'add image debian13',
    who: 'operator',
    state: 'running',
    mayCancel: true,
    on: ['image debian13'],
  })
  t.like(task.progress, { phase: 'receive', done: 0, total: 1 << 20, unit: 'bytes' })
  await until('its events', () => stream.events.some((event) => event.kind === 'task' && event.task === task.id))
  t.is((await post(`/tasks/${task.id}/cancel`, {}, site.tokens.viewer)).status, 403)
  const cancelled = await post(`/tasks/${task.id}/cancel`, {})
  t.is(cancelled.status, 202, cancelled.text)
  t.like(JSON.parse(cancelled.text), { id: task.id, state: 'cancelled', reason: 'operator has cancelled it', mayCancel: false })
  t.like(JSON.parse((await viewer('GET', `/tasks/${task.id}`)).text), { state: 'cancelled', notCancelled: 'it has ended' })
  const again = await post(`/tasks/${task.id}/cancel`, {})
  t.is(again.status, 409)
  t.like(JSON.parse(again.text), {
    code: 'not-cancellable',
    detail: `task ${task.id} (add image debian13) cannot be cancelled: it has ended`,
  })
  t.like(JSON.parse((await site.as('operator')('GET', `/vm-image-uploads/${begun.id}`)).text), { state: 'failed' })
  t.is((await post('/tasks/nothing/cancel', {})).status, 404)
  t.deepEqual(await list('?which=open'), [])
  t.is((await list('?kind=image-add')).length, 1)
  t.deepEqual(await list('?kind=automation'), [])
  t.is((await viewer('GET', '/tasks?kind=nothing')).status, 400)
  const { entries } = JSON.parse((await site.as('admin')('GET', '/audit')).text)
  const said = entries.map(({ who, what }: { who: string; what: string }) => `${who}: ${what}`)
  t.true(said.includes(`operator: cancel task ${task.id}`), JSON.stringify(said))
})

test('what has ended is listed for as long as the config says', async (t) => {
  let now = Date.now()
  const site = await startApiSite(t, { keepTasks: 60_000, settings: { now: () => now } })
  const operator = site.as('operator')
  await operator('POST', '/vm-image-uploads', { name: 'debian13', sizeBytes: 1 << 20 })
  const list = async () => JSON.parse((await operator('GET', '/tasks')).text).tasks
  const [{ id }] = await list()
  now += 61_000
  t.is((await list()).length, 1, 'what is open stays')
  await operator('POST', `/tasks/${id}/cancel`, {})
  now += 60_000
  t.is((await list()).length, 1)
  now += 1
  t.deepEqual(await list(), [])
  t.is((await operator('GET', `/tasks/${id}`)).status, 404)
})
