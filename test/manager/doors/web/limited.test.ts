// The page of who is limited to groups: it shows the pool, and the buttons of what is theirs.
import test from 'ava'
import { fakeGuest } from './fake-guests.ts'
import { fakePool } from './fake-pool.ts'
import { ask, PASSWORD, post, startPages } from './page-server.ts'

async function site(t: { teardown(end: () => Promise<void>): void }) {
  const pool = fakePool(60)
  pool.vms.push(fakeGuest(1), fakeGuest(2))
  const server = await startPages(pool)
  t.teardown(() => server.close())
  await server.access.addUser('rick', PASSWORD, 'operator', ['rack1'])
  const signedIn = await server.access.signIn('rick', PASSWORD, '127.0.0.1')
  if (signedIn.kind !== 'session') throw new Error(JSON.stringify(signedIn))
  const session = { cookie: `__Host-hostless=${signedIn.secret}`, csrf: signedIn.csrf }
  const see = async (path: string) => (await ask(server, path, { headers: { cookie: session.cookie } })).text
  const audited = async () => (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  const other = pool.hosts().find(({ groups, state }) => !groups.includes('rack1') && state === 'up')
  const own = pool.hosts().find(({ groups, state }) => groups.includes('rack1') && state === 'up')
  if (!other || !own) throw new Error('the pool of this test has two racks')
  return { pool, server, session, see, audited, other, own }
}

test('a host of other groups is seen whole and has no buttons; what is asked for all the same is refused, by name, and audited', async (t) => {
  const { server, session, see, audited, other, own, pool } = await site(t)
  t.regex(await see(`/hosts/${own.name}`), /action="\/hosts\/\w+\/cordon"/)
  const page = await see(`/hosts/${other.name}`)
  t.regex(page, new RegExp(`<bdi>${other.name}</bdi>|${other.name}`))
  t.notRegex(page, /action="\/hosts\/\w+\/(cordon|change|boot|maintain)"/)
  t.regex(page, /<small>operator of rack1<\/small>/)
  const refused = await post(server, `/hosts/${other.id}/cordon`, session, {}, { 'hx-request': 'true' })
  t.is(refused.status, 403)
  t.regex(refused.text, new RegExp(`This acts on host ${other.name} \\(rack.*\\): you may act on rack1 alone\\.`))
  t.regex((await audited())[0] ?? '', new RegExp(`^rick: cordon host ${other.name} .*: refused \\(403\\): this acts on host ${other.name}`))
  t.deepEqual(pool.calls, [])
  t.is((await post(server, `/hosts/${own.id}/cordon`, session)).status, 303)
})

test('a form of one’s own host leaves its groups as they are, and is refused with others', async (t) => {
  const { server, session, own, pool } = await site(t)
  t.is((await post(server, `/hosts/${own.id}/change`, session, { groups: own.groups.join(' '), notes: 'x' })).status, 303)
  t.is(pool.host(own.id)?.notes, 'x')
  const more = await post(server, `/hosts/${own.id}/change`, session, { groups: [...own.groups, 'rack2'].join(' '), notes: 'y' })
  t.is(more.status, 403)
  t.is(pool.host(own.id)?.notes, 'x', 'all of it, or nothing')
})

test('of several guests one that is another’s keeps all from being done; its row has no box', async (t) => {
  const { pool, server, session, see } = await site(t)
  const ours = pool.vms.filter(({ state }) => state === 'running')
  const [first, second] = ours
  if (!first || !second) return t.fail()
  pool.vms.splice(pool.vms.indexOf(first), 1, { ...first, tags: ['rack1'] })
  const list = await see('/guests')
  t.true(list.includes(`id="k-${first.uuid}"`))
  t.false(list.includes(`id="k-${second.uuid}"`))
  t.regex(await see(`/guests/${first.uuid}`), /action="\/guests\/[^"]+\/stop"/)
  t.notRegex(await see(`/guests/${second.uuid}`), /action="\/guests\/[^"]+\/stop"/)
  const both = new URLSearchParams([
    ['csrf', session.csrf],
    ['guest', first.uuid],
    ['guest', second.uuid],
  ])
  const headers = {
    cookie: session.cookie,
    origin: server.origin,
    'sec-fetch-site': 'same-origin',
    'content-type': 'application/x-www-form-urlencoded',
  }
  const stopped = await ask(server, '/guests/stop', { method: 'POST', headers, body: both.toString() })
  t.is(stopped.status, 403)
  t.regex(stopped.text, new RegExp(`${second.name}: you may act on rack1 alone`))
  t.deepEqual(
    pool.automations.filter(({ who }) => who === 'rick'),
    [],
  )
})

test('what is the whole pool’s has no buttons: images, connections, properties, users', async (t) => {
  const { server, see } = await site(t)
  t.notRegex(await see('/vm-images'), /action="\/vm-images\/remove"/)
  t.notRegex(await see('/site'), /action="\/site\/connect"/)
  t.notRegex(await see('/pending'), /action="\/hosts\/\w+\/approve"/)
  await server.access.addUser('ralph', PASSWORD, 'admin', ['rack1'])
  const signedIn = await server.access.signIn('ralph', PASSWORD, '127.0.0.1')
  const ralph = {
    cookie: `__Host-hostless=${signedIn.kind === 'session' ? signedIn.secret : ''}`,
    csrf: signedIn.kind === 'session' ? signedIn.csrf : '',
  }
  const users = (await ask(server, '/users', { headers: { cookie: ralph.cookie } })).text
  t.regex(users, /operator <small>rack1<\/small>/)
  t.notRegex(users, /action="\/users/)
  t.is((await post(server, '/users/rick/role', ralph, { role: 'operator', groups: '' })).status, 403)
  t.is((await post(server, '/users/alice/password', ralph, { password: 'twelve letters!' })).status, 403)
})

test('an admin sets role and groups by one form', async (t) => {
  const { server, audited } = await site(t)
  const alice = await server.session('admin')
  t.is((await post(server, '/users/rick/role', alice, { role: 'operator', groups: 'rack1, rack2' })).status, 303)
  t.deepEqual((await server.access.users()).find(({ name }) => name === 'rick')?.groups, ['rack1', 'rack2'])
  t.is((await audited())[0], 'alice: make user rick operator, let user rick act on rack1, rack2')
  t.is((await post(server, '/users/rick/role', alice, { role: 'operator', groups: '' })).status, 303)
  t.is((await server.access.users()).find(({ name }) => name === 'rick')?.groups, undefined)
  t.is((await post(server, '/users', alice, { user: 'eve', password: PASSWORD, role: 'viewer', groups: 'lab' })).status, 303)
  t.deepEqual((await server.access.users()).find(({ name }) => name === 'eve')?.groups, ['lab'])
})
