// The form for a new guest: what it offers, what it asks while it is filled in, and what it does.
import test from 'ava'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, post, startPages } from './page-server.ts'

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(4)
  pool.networks.push({ name: 'lan', bridge: 'xenbr0', bridges: {}, created: 0, createdBy: 'ada', hosts: [], unread: [], vms: 0 })
  const server = await startPages(pool)
  t.teardown(() => server.close())
  return { pool, server, session: await server.session('operator') }
}

const SPEC = { name: 'web1', image: 'debian13', memory: '1G', 'disk-size': '8G', 'disk-vg': 'data', nic: 'lan' }

test('the form offers images that are there, networks, VGs and hosts', async (t) => {
  const { server, session } = await site(t)
  const { text } = await ask(server, '/guests/new', { headers: { cookie: session.cookie } })
  t.regex(text, /<option value="debian13">/)
  t.regex(text, /<option selected>lan/)
  t.regex(text, /<datalist id="up-hosts"><option value="node0003">/)
  t.is(text.match(/name="disk-size"/g)?.length, 4)
})

test('where it could start is said for every host while it is filled in, before it has a name, and with the command', async (t) => {
  const { pool, server, session } = await site(t)
  pool.places = {
    fits: [{ host: 'aaaaaaaaaaaaaaad', name: 'node0004' }],
    refused: [{ host: 'aaaaaaaaaaaaaaac', name: 'node0003', reasons: ['it has no VG <data>'] }],
  }
  const { name: _name, ...unnamed } = SPEC
  const said = await post(server, '/guests/where', session, unnamed, { 'hx-request': 'true' })
  t.is(said.status, 200)
  t.regex(said.text, /node0004 would take it\./)
  t.true(said.text.includes('it has no VG &lt;data&gt;'))
  t.true(said.text.includes('hostless vm create NAME --image debian13 --memory 1G --disk 8G@data --nic lan'))
  const wrong = await post(server, '/guests/where', session, { ...SPEC, memory: 'much' })
  t.is(wrong.status, 200, 'what is half typed is no failure')
  t.regex(wrong.text, /class="refused">Memory: is no size/)
  t.deepEqual(pool.calls, [])
})

test('it is created by the operation, audited, and leads to its automation; a mistake leaves the form', async (t) => {
  const { pool, server, session } = await site(t)
  const made = await post(server, '/guests', session, { ...SPEC, power: 'off' })
  t.is(made.headers.location, '/automations/auto1')
  t.deepEqual(pool.calls, ['create web1 {"power":"off"}'])
  const scripted = await post(server, '/guests', session, { ...SPEC, on: 'node0003' }, { 'hx-request': 'true' })
  t.is(scripted.headers['hx-redirect'], '/automations/auto2')
  const refused = await post(server, '/guests', session, { ...SPEC, name: 'a b' }, { 'hx-request': 'true' })
  t.is(refused.status, 400)
  t.regex(refused.text, /class="refused">Name: is no name of a guest/)
  const told = (await server.access.auditTrail(100)).entries.map(({ what }) => what)
  t.true(told.includes(`create guest web1 on ${idOf(2)}`), told.join('\n'))
})
