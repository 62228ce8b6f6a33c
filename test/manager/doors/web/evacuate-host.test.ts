// A host that is emptied: where each guest would go and who would stay, what is begun, and the command that does the same.
import test from 'ava'
import { fakeGuest } from './fake-guests.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

const HOST = idOf(1)
const PATH = `/hosts/${HOST}/evacuate`

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  pool.vms.push(fakeGuest(1), fakeGuest(2, { name: '<db>' }))
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const session = await server.session('operator')
  const get = (path: string) => ask(server, path, { headers: { cookie: session.cookie } })
  return { pool, server, session, get }
}

test('where each guest would go is shown before anything is done, and who would stay, with why', async (t) => {
  const { pool, get } = await site(t)
  const { status, text } = await get(PATH)
  t.is(status, 200)
  for (const said of [
    '1 guest would go, and 1 would stay.',
    '<td class="name"><bdi>web1</bdi><td>live<td><bdi>node02</bdi>',
    '<td class="name"><bdi>&lt;db&gt;</bdi><td><b class="no">✗</b> stays<small class="why-state">node02 is full <span class="code">memory</span></small>',
    '<code>hostless host evacuate node0002</code>',
    '<button id="move-now" class="main">',
  ])
    t.true(text.includes(said), said)
  t.false(text.includes(`<option value="${HOST}"`), 'where they are, they are already')
  t.deepEqual(pool.calls, [])
})

test('what the plan shows is begun, as it was chosen, and leads to its automation', async (t) => {
  const { pool, server, session, get } = await site(t)
  const chosen = { host: idOf(2), others: 'restart', 'max-pause': '500ms', rate: '40M' }
  const { text } = await get(`${PATH}/plan?${new URLSearchParams(chosen)}`)
  t.true(text.includes('<code>hostless host evacuate node0002 --restart-others --to node0003 --max-pause 500ms --rate 40M</code>'))
  for (const [name, value] of Object.entries(chosen)) t.true(text.includes(`<input type="hidden" name="${name}" value="${value}">`), name)
  const begun = await post(server, PATH, session, chosen, { 'hx-request': 'true' })
  t.is(begun.headers['hx-redirect'], '/automations/auto1')
  const { host, ...how } = chosen
  t.deepEqual(pool.calls, [
    `evacuate ${HOST} ${JSON.stringify({ host, others: how.others, maxPauseMs: 500, rateBytes: 40 * 2 ** 20, keepMs: 3_600_000 })}`,
  ])
  const told = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(told.includes(`evacuate host node0002 (${HOST}) to node0003 (${idOf(2)})`), told.join('\n'))
  t.is((await post(server, PATH, session, { keep: 'long' })).status, 400)
  t.is((await post(server, PATH, { ...session, csrf: 'no' }, chosen)).status, 403)
  t.is(pool.calls.length, 1)
})

test('what is half typed is said, and no failure; a host that is not there is none', async (t) => {
  const { get } = await site(t)
  const { status, text } = await get(`${PATH}/plan?max-pause=2parsecs`)
  t.is(status, 200)
  t.true(text.includes('<p class="refused">“2parsecs” is no span of time: 500ms, 2s, 1h</p>'))
  t.regex(text, /<button id="move-now" class="main" disabled>/)
  t.is((await get('/hosts/zzzzzzzzzzzzzzzz/evacuate')).status, 404)
})

test('a host that is up and has guests leads there, and only whom may empty it', async (t) => {
  const { server, get } = await site(t)
  const viewer = await server.session('viewer')
  const led: number[] = []
  for (const index of [0, 1, 2, 3]) {
    const path = `/hosts/${idOf(index)}`
    const { text } = await get(path)
    const may = /<span class="state (?:up|maintenance)">/.test(text) && /<h2>Guests<\/h2>/.test(text)
    t.is(text.includes(`href="${path}/evacuate"`), may, path)
    if (may) led.push(index)
    t.false((await ask(server, path, { headers: { cookie: viewer.cookie } })).text.includes('/evacuate"'))
  }
  t.true(led.length > 0)
})
