// Tasks on the page: all kinds in one list, one by itself, and its end by who may.
import test from 'ava'
import { BEGUN, runningAutomation } from '../../fake-automations.ts'
import { runningTask } from '../../fake-tasks.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(1)
  const ended = { mayCancel: false, notCancelled: 'it has ended', ended: BEGUN + 3000 } as const
  pool.automations.push(
    runningAutomation('run1', { title: 'make <VG> on node01', created: BEGUN + 1 }),
    runningAutomation('wait1', { state: 'needs-operator', reason: 'could not remove the disk' }),
  )
  pool.tasks.push(
    runningTask('add1', { created: BEGUN + 2 }),
    runningTask('scan1', { kind: 'scan', what: 'look at fs:1', mayCancel: false, notCancelled: 'node01 looks at it', created: BEGUN - 1 }),
    runningTask('bad1', { kind: 'image-check', what: 'verify image old', state: 'failed', reason: 'block 1 has changed', ...ended }),
  )
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const get = async (path: string, role: 'viewer' | 'operator') =>
    (await ask(server, path, { headers: { cookie: (await server.session(role)).cookie } })).text
  return { pool, server, get }
}

const linksOf = (text: string) => [...text.matchAll(/<a href="\/(automations|tasks)\/(\w+)"/g)].map(([, page, id]) => `${page} ${id}`)

test('the list has all kinds: those that wait for a person first, then what is open; no text of others is HTML', async (t) => {
  const { get } = await site(t)
  const text = await get('/tasks', 'viewer')
  t.deepEqual(linksOf(text), ['automations wait1', 'tasks add1', 'automations run1', 'tasks scan1', 'tasks bad1'])
  t.true(text.includes('make &lt;VG&gt; on node01') && text.includes('<code>hostless task list</code>'))
  t.regex(text, /<p class="far">import 40 %.*50 MiB\/s, 12(\.0)? s left<\/p>/)
  t.regex(text, /<p class="far">phase make, 2 of 3<\/p>/)
  t.regex(text, /<p class="because">block 1 has changed<\/p>/)
  t.regex(text, /<a href="\/tasks" aria-current="page">Tasks <b class="count" data-count="Tasks">1<\/b>/)
})

test('one kind may be asked for, also when the list is fetched again; what is no kind is all', async (t) => {
  const { get } = await site(t)
  for (const path of ['/tasks?kind=automation', '/tasks/list?kind=automation']) {
    const text = await get(path, 'viewer')
    t.deepEqual(linksOf(text), ['automations wait1', 'automations run1'])
    t.true(text.includes('hx-get="/tasks/list?kind&#x3D;automation"'), text)
  }
  t.is(linksOf(await get('/tasks?kind=nothing', 'viewer')).length, 5)
})

test('one says how far it is and on what; only an operator has a button, and only where it may be cancelled', async (t) => {
  const { server, get } = await site(t)
  const running = await get('/tasks/add1', 'operator')
  for (const part of ['import 40 %', 'image debian13', 'hostless task watch add1', 'hostless task cancel add1', 'data-on="task:add1"']) {
    t.true(running.includes(part), part)
  }
  const actions = (text: string) => [...text.matchAll(/ action="(\/tasks\/[^"]+)"/g)].map(([, path]) => path)
  t.deepEqual(actions(running), ['/tasks/add1/cancel'])
  t.deepEqual(actions(await get('/tasks/add1/now', 'viewer')), [])
  const scan = await get('/tasks/scan1/now', 'operator')
  t.deepEqual(actions(scan), [])
  t.true(scan.includes('It cannot be cancelled: node01 looks at it.'))
  t.true((await get('/tasks/bad1', 'operator')).includes('<code>hostless task show bad1</code>'))
  t.regex(await get('/tasks/nothing', 'viewer'), /There is no such task/)
  const { headers } = await ask(server, '/tasks/run1', { headers: { cookie: (await server.session('viewer')).cookie } })
  t.is(headers.location, '/automations/run1')
})

test('a cancel is done in the name of who is signed in, and audited; of what cannot be cancelled it is refused', async (t) => {
  const { pool, server } = await site(t)
  const session = await server.session('operator')
  t.is((await post(server, '/tasks/add1/cancel', session)).headers.location, '/tasks/add1')
  t.like(pool.tasks[0], { state: 'cancelled', reason: 'otto has cancelled it' })
  const refused = await post(server, '/tasks/scan1/cancel', session)
  t.is(refused.status, 409)
  t.regex(refused.text, /Task scan1 \(look at fs:1\) cannot be cancelled: node01 looks at it\./)
  t.is((await post(server, '/tasks/add1/cancel', await server.session('viewer'))).status, 403)
  const told = (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  t.true(told.includes('otto: cancel task add1'))
})
