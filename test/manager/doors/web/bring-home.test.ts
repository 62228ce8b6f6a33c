// Guests that come home to a host that was emptied: said on its page, shown before anything is done, begun as it was chosen.
import test from 'ava'
import { awayGuest } from '../../fake-vms.ts'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

const HOST = idOf(1)
const PATH = `/hosts/${HOST}/bring-home`

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  const server = await startPages(pool)
  t.teardown(() => server.close())
  const get = async (path: string, role: 'viewer' | 'operator' = 'operator') =>
    (await ask(server, path, { headers: { cookie: (await server.session(role)).cookie } })).text
  return { pool, server, get }
}

test('the page of a host says who is away since its evacuation, and leads an operator to the way home', async (t) => {
  const { pool, get } = await site(t)
  t.notRegex(await get(`/hosts/${HOST}`), /Bring home|Away since/)
  pool.away.push(awayGuest('web1'), awayGuest('<db>'))
  const text = await get(`/hosts/${HOST}`)
  t.regex(text, /Away since its evacuation: <a href="\/guests\/[^"]+"><bdi>web1<\/bdi><\/a> on <bdi>node02/)
  t.true(text.includes('&lt;db&gt;') && text.includes(`href="${PATH}"`))
  t.notRegex(await get(`/hosts/${HOST}`, 'viewer'), /Bring home/)
})

test('the plan is shown first, with who would stay and why; what is begun is what was chosen, and is audited', async (t) => {
  const { pool, server, get } = await site(t)
  t.true((await get(PATH)).includes('its cordon would be taken away'))
  pool.away.push(awayGuest('web1'), awayGuest('<db>'))
  const text = await get(PATH)
  for (const said of [
    '1 guest would come home, and 1 would stay away.',
    '1. live to <bdi>node01',
    'node01 is &lt;full&gt;',
    'hostless host bring-home node0002',
  ])
    t.true(text.includes(said), said)
  const chosen = { others: 'restart', rate: '40M' }
  const again = await get(`${PATH}/plan?${new URLSearchParams(chosen)}`)
  t.true(again.includes('hostless host bring-home node0002 --restart-others --rate 40M') && again.includes('none would stay away'))
  t.true((await get(`${PATH}/plan?rate=fast`)).includes('is no size'))
  t.deepEqual(pool.calls, [])
  const session = await server.session('operator')
  t.is((await post(server, PATH, session, chosen, { 'hx-request': 'true' })).headers['hx-redirect'], '/automations/auto1')
  t.deepEqual(pool.calls, [
    `bring-home ${HOST} ${JSON.stringify({ others: 'restart', maxPauseMs: 2000, rateBytes: 40 * 2 ** 20, keepMs: 3_600_000 })}`,
  ])
  const told = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(told.includes(`bring guests home to host node0002 (${HOST})`), told.join('\n'))
})
