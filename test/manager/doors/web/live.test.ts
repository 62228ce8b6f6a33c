import { get } from 'node:https'
import test, { type ExecutionContext } from 'ava'
import type { PageNews } from '../../../../manager/contract/page-news.ts'
import { changedBy } from '../../../../manager/doors/web/live.ts'
import { cellsOf, MatrixCells } from '../../../../manager/doors/web/matrix-cells.ts'
import { until } from '../../site.ts'
import { idOf, THINGS } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, type PageServer, startPages } from './page-server.ts'

test('changedBy says each host once, and a sample only of a host with no greater news', (t) => {
  const [a, b] = [idOf(1), idOf(2)]
  t.deepEqual(
    changedBy([
      { kind: 'sample', host: a },
      { kind: 'sample', host: b },
      { kind: 'host', host: a, name: 'a', state: 'pending' },
      { kind: 'inventory', host: a, sections: [] },
      { kind: 'alarm', alarm: 'k' },
      { kind: 'automation', automation: 'x' },
      { kind: 'task', task: 'x' },
      { kind: 'task', task: 'y' },
      { kind: 'task', task: 'x' },
    ]),
    { kind: 'changed', hosts: [a], samples: [b], pending: true, alarms: true, boots: false, automations: ['x'], tasks: ['x', 'y'] },
  )
  t.deepEqual(changedBy([]), {
    kind: 'changed',
    hosts: [],
    samples: [],
    pending: false,
    alarms: false,
    boots: false,
    automations: [],
    tasks: [],
  })
})

test('cells are in the order of the columns, networks first; a host that has not reported is unknown throughout', async (t) => {
  const pool = fakePool(3)
  const cells = cellsOf(await pool.reaches())
  t.deepEqual(new Set(cells.columns.map(({ key }) => key)), new Set(THINGS.map(({ key }) => key)))
  t.is(
    cells.columns.findLastIndex(({ kind }) => kind === 'vlan' || kind === 'segment'),
    12,
  )
  t.is(cells.of(idOf(0)).match(/<td/g)?.length, THINGS.length)
  t.is(cells.of('nobody'), '<td class=u>–'.repeat(THINGS.length))
})

test('the matrix is made once for all who ask, and anew after an inventory, not after a sample', async (t) => {
  const pool = fakePool(3)
  let made = 0
  let clock = 0
  const cells = new MatrixCells(
    () => {
      made += 1
      return pool.reaches()
    },
    pool,
    () => (clock += 1),
  )
  t.teardown(cells.close)
  const [first, second] = await Promise.all([cells.now(), cells.now()])
  t.is(first, second)
  pool.become(idOf(1), {}, 'sample')
  pool.become(idOf(1), { state: 'lost' })
  await cells.now()
  t.is(made, 1)
  pool.plug(idOf(1), 'vlan:100', { reached: false, why: 'no link' })
  t.not((await cells.now()).of(idOf(1)), first.of(idOf(1)))
  t.is(made, 2)
})

test('a matrix that could not be made is tried again', async (t) => {
  const pool = fakePool(3)
  let fails = true
  const cells = new MatrixCells(
    () => (fails ? Promise.reject(new Error('busy')) : pool.reaches()),
    pool,
    () => 0,
  )
  t.teardown(cells.close)
  await t.throwsAsync(cells.now(), { message: 'busy' })
  fails = false
  t.is((await cells.now()).columns.length, THINGS.length)
})

test('rows are fetched by id, with the version of the columns that they fit', async (t) => {
  const pool = fakePool(10)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const { cookie } = await server.session('viewer')
  const { text, headers } = await ask(server, `/rows?id=${idOf(3)}&id=nobody&id=${idOf(5)}`, { headers: { cookie } })
  t.deepEqual(
    [...text.matchAll(/<tr id="h-(\w+)"/g)].map(([, id]) => id),
    [idOf(3), idOf(5)],
  )
  const page = await ask(server, '/', { headers: { cookie } })
  t.true(page.text.includes(`data-columns="${headers['x-columns']}"`))
  t.true(page.text.includes(text.split('\n')[0] ?? ''), 'the same row as on the page')
})

interface Told {
  readonly id: string | undefined
  readonly news: PageNews
}

/** What a page hears that shows this id, as long as it listens. */
function hearing(t: ExecutionContext, { port }: PageServer, cookie: string, lastId?: string) {
  const told: Told[] = []
  let [rest, id, isOpen] = ['', undefined as string | undefined, false]
  const headers = { cookie, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) }
  const asked = get({ host: '127.0.0.1', port, path: '/live', headers, rejectUnauthorized: false, agent: false }, (response) => {
    isOpen = true
    response.on('error', () => undefined)
    response.on('data', (bytes: Buffer) => {
      const blocks = (rest + bytes.toString()).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        id = /^id: (\S+)$/m.exec(block)?.[1] ?? id
        const data = /^data: (.*)$/m.exec(block)?.[1]
        if (data !== undefined) told.push({ id: /^id: (\S+)$/m.exec(block)?.[1], news: JSON.parse(data) as PageNews })
      }
    })
  })
  asked.on('error', () => undefined)
  t.teardown(() => asked.destroy())
  return { told, lastId: () => id, isOpen: () => isOpen, leave: () => asked.destroy() }
}

const hostsIn = (told: readonly Told[]) => told.flatMap(({ news }) => (news.kind === 'changed' ? news.hosts : []))

test('a page that comes back is told what it has missed, once, and whom we do not know asks for everything anew', async (t) => {
  const pool = fakePool(5)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const { cookie } = await server.session('viewer')
  const first = hearing(t, server, cookie)
  await until('its id', () => first.lastId())
  pool.become(idOf(1), { state: 'lost' })
  await until('the change', () => hostsIn(first.told).length === 1)
  first.leave()
  const other = hearing(t, server, cookie)
  await until('another page', () => other.isOpen())
  pool.become(idOf(2), { state: 'lost' })
  pool.become(idOf(3), {}, 'sample')
  await until('the change there', () => other.told.some(({ news }) => news.kind === 'changed' && news.samples.length > 0))
  const again = hearing(t, server, cookie, first.lastId())
  await until('what it has missed', () => again.told.length > 0)
  t.deepEqual(hostsIn(again.told), [idOf(2)])
  t.true(other.told.every(({ id, news }) => news.kind === 'changed' && (id !== undefined) === (news.samples.length === 0)))
  const upToDate = hearing(t, server, cookie, again.lastId())
  await until('its id', () => upToDate.lastId())
  t.deepEqual(upToDate.told, [])
  for (const stranger of ['7-1', '1-99999', 'x']) {
    const lost = hearing(t, server, cookie, stranger)
    await until('an answer', () => lost.told.length > 0)
    t.deepEqual(lost.told, [{ id: undefined, news: { kind: 'missed' } }], stranger)
  }
})

test('what changes while no page is open is told to one that comes back', async (t) => {
  const pool = fakePool(5)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const { cookie } = await server.session('viewer')
  const first = hearing(t, server, cookie)
  const id = await until('its id', () => first.lastId())
  first.leave()
  pool.become(idOf(1), { state: 'lost' })
  const { text } = await ask(server, '/', { headers: { cookie } })
  t.true(text.includes(idOf(1)))
  const again = hearing(t, server, cookie, id)
  await until('the change', () => hostsIn(again.told).includes(idOf(1)))
})
