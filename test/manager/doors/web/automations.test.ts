// Automations on the page: what stands there, who may say what to them, and that it is said to the manager.
import test from 'ava'
import { BEGUN, runningAutomation } from '../../fake-automations.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

const UNDO = { step: '3', what: 'remove the disk', command: 'hostless vm destroy web1', state: 'open' } as const

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(1)
  pool.automations.push(
    runningAutomation('done1', { state: 'done', ended: BEGUN + 3000, mayAbort: 'no: it has ended' }),
    runningAutomation('run1', { title: 'make <VG> on node01', noReturn: 'look' }),
    runningAutomation('wait1', { state: 'needs-operator', reason: 'could not remove the disk: it is broken', undos: [UNDO] }),
  )
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const get = async (path: string, role: 'viewer' | 'operator') =>
    (await ask(server, path, { headers: { cookie: (await server.session(role)).cookie } })).text
  return { pool, server, get }
}

test('all of them are among the tasks', async (t) => {
  const { server } = await site(t)
  const { status, headers } = await ask(server, '/automations', { headers: { cookie: (await server.session('viewer')).cookie } })
  t.deepEqual([status, headers.location], [303, '/tasks?kind=automation'])
})

test('one has its steps, phases, undos, whose turn it is and the commands that say the same; only an operator has buttons', async (t) => {
  const { get } = await site(t)
  const running = await get('/automations/run1', 'operator')
  for (const part of [
    'make-vg on node01',
    'no return ▸',
    'Whose turn',
    'hostless automation watch run1',
    'hostless automation abort run1',
  ]) {
    t.true(running.includes(part), part)
  }
  const actions = (text: string) => [...text.matchAll(/ action="(\/automations\/[^"]+)"/g)].map(([, path]) => path)
  t.deepEqual(actions(running), ['/automations/run1/abort'])
  const waiting = await get('/automations/wait1/now', 'operator')
  t.deepEqual(
    actions(waiting),
    ['resume', 'retry-undo', 'retry-undo', 'abort'].map((verb) => `/automations/wait1/${verb}`),
  )
  t.true(waiting.includes('could not remove the disk') && waiting.includes('hostless vm destroy web1'))
  t.deepEqual(actions(await get('/automations/wait1', 'viewer')), [])
  t.deepEqual(actions(await get('/automations/done1', 'operator')), [])
  t.regex(await get('/automations/nothing', 'viewer'), /There is no such automation/)
})

test('abort, resume and retry-undo are done in the name of who is signed in, and audited', async (t) => {
  const { pool, server } = await site(t)
  const session = await server.session('operator')
  t.is((await post(server, '/automations/run1/abort', session)).headers.location, '/automations/run1')
  t.like(pool.automations[1], { state: 'aborted', reason: 'otto has aborted it' })
  t.is((await post(server, '/automations/wait1/retry-undo', session, { how: 'by-hand' })).status, 303)
  t.is((await post(server, '/automations/wait1/resume', session)).status, 303)
  t.is((await post(server, '/automations/wait1/retry-undo', session, { how: 'somehow' })).status, 400)
  const told = (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  t.true(told.includes('otto: abort automation run1'))
  t.true(told.includes('otto: say that the undo of automation wait1 was done by hand'))
})

test('the rate of a move stands there with a field, and is changed by it; what has none, or sends no more, has no field', async (t) => {
  const { pool, server, get } = await site(t)
  pool.automations.push(
    runningAutomation('move1', { title: 'migrate web1', rate: { bytes: 40 * 2 ** 20, mayChange: 'yes' } }),
    runningAutomation('late1', { title: 'migrate web2', rate: { mayChange: 'no: nothing of it goes over the network any more' } }),
  )
  const shown = await get('/automations/move1', 'operator')
  t.regex(shown, /<dt>Rate<\/dt><dd>40 MiB\/s/)
  t.regex(shown, /name="rate" value="40M"/)
  t.true(shown.includes('hostless automation pace move1 --rate 40M'))
  for (const [id, role] of [
    ['late1', 'operator'],
    ['run1', 'operator'],
    ['move1', 'viewer'],
  ] as const)
    t.notRegex(await get(`/automations/${id}`, role), /name="rate"/, id)
  t.regex(await get('/automations/late1/now', 'operator'), /all that the network carries/)
  const session = await server.session('operator')
  const rateNow = () => pool.automations.find(({ id }) => id === 'move1')?.rate
  t.is((await post(server, '/automations/move1/rate', session, { rate: '50MB/s' })).headers.location, '/automations/move1')
  t.deepEqual(rateNow(), { bytes: 50 * 2 ** 20, mayChange: 'yes' })
  for (const unlimited of ['unlimited', '']) t.is((await post(server, '/automations/move1/rate', session, { rate: unlimited })).status, 303)
  t.deepEqual(rateNow(), { mayChange: 'yes' })
  for (const bad of ['fast', '1']) t.is((await post(server, '/automations/move1/rate', session, { rate: bad })).status, 400)
  t.is((await post(server, '/automations/run1/rate', session, { rate: '40M' })).status, 409)
  const told = (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  t.true(told.includes('otto: let automation move1 move at 50M a second'), told.join('\n'))
  t.true(told.includes('otto: let automation move1 move as fast as its network carries'))
})
