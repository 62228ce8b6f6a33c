import test from 'ava'
import { sql } from 'kysely'
import { post, RELAXED } from '../../site.ts'
import { detailOf, PASSWORD, startApiSite } from './asking.ts'

test('a cookie lets look, and changes only with the session’s CSRF token and from our own origin', async (t) => {
  const site = await startApiSite(t)
  const session = await site.manager.access.signIn('operator', PASSWORD, '127.0.0.1')
  if (session.kind !== 'session') return t.fail()
  const cookie = `other=1; __Host-hostless=${session.secret}`
  const origin = `https://127.0.0.1:${site.address.port}`
  const good = { cookie, origin, 'x-csrf-token': session.csrf }
  const change = (headers: Readonly<Record<string, string>>) => site.ask('PATCH', '/hosts/node01', { headers, body: { name: 'web01' } })
  t.like(JSON.parse((await site.ask('GET', '/whoami', { headers: { cookie } })).text), {
    user: 'operator',
    role: 'operator',
    by: { kind: 'session' },
  })
  t.is((await change(good)).status, 404)
  t.is((await change({ cookie, 'sec-fetch-site': 'same-origin', 'x-csrf-token': session.csrf })).status, 404)
  const refused: readonly Readonly<Record<string, string>>[] = [
    { cookie },
    { cookie, origin },
    { cookie, 'x-csrf-token': session.csrf },
    { ...good, 'x-csrf-token': 'x' },
    { ...good, 'x-csrf-token': session.secret },
    { ...good, origin: 'https://elsewhere.example' },
    { ...good, origin: 'null' },
    { ...good, origin: origin.replace('https', 'http') },
    { ...good, 'sec-fetch-site': 'cross-site' },
    { ...good, 'sec-fetch-site': 'same-site' },
  ]
  for (const headers of refused) t.is((await change(headers)).status, 403, JSON.stringify(headers))
  t.is((await site.ask('POST', '/placement', { headers: { cookie }, body: {} })).status, 403)
  t.is((await change({ ...good, authorization: 'Bearer x' })).status, 401, 'a bad token is not made good by a cookie')
})

test('who asks too often is told when to come again, and holds up nobody else', async (t) => {
  const slow = { perSecond: 1 / 600, burst: 3 }
  const site = await startApiSite(t, { settings: { apiRates: { principal: slow, stranger: RELAXED } } })
  for (const _ of [1, 2, 3]) t.is((await site.as('viewer')('GET', '/whoami')).status, 200)
  const asked = await site.as('viewer')('GET', '/whoami')
  t.is(asked.status, 429)
  // Less what a slow machine has needed for the three.
  const seconds = Number(asked.headers['retry-after'])
  t.true(seconds > 500 && seconds <= 600, String(seconds))
  t.true(detailOf(asked).includes(`too many requests: try again in ${seconds} s`))
  t.is((await site.as('operator')('GET', '/whoami')).status, 200)
})

test('strangers at one address are held up, open routes included, and fill no log; what their guesses cost is given back to who comes in', async (t) => {
  const site = await startApiSite(t, { settings: { apiRates: { principal: RELAXED, stranger: { perSecond: 1e-6, burst: 5 } } } })
  for (let at = 0; at < 20; at += 1) t.is((await site.as('viewer')('GET', '/whoami')).status, 200)
  const statuses: number[] = []
  for (let at = 0; at < 4; at += 1) statuses.push((await site.ask('GET', '/whoami')).status)
  statuses.push((await site.ask('POST', '/login', { body: '{' })).status)
  for (const path of ['/login', '/first-admin', '/users']) statuses.push((await site.ask('POST', path, { body: {} })).status)
  t.deepEqual(statuses, [401, 401, 401, 401, 400, 429, 429, 429])
  t.is((await site.manager.access.auditTrail(10)).entries.length, 1)
})

test('a token cannot give more than it has: not by another token, not by another password, though its user is an admin', async (t) => {
  const site = await startApiSite(t)
  const limited = await site.as('admin')('POST', '/tokens', { label: 'prometheus', role: 'viewer', days: 1 })
  t.is(limited.status, 201)
  const { secret, role } = JSON.parse(limited.text)
  t.is(role, 'viewer')
  const as = (method: string, path: string, body?: unknown) => site.ask(method, path, { token: secret, body })
  const { by, ...whose } = JSON.parse((await as('GET', '/whoami')).text)
  t.deepEqual(whose, { user: 'admin', role: 'viewer' })
  t.like(by, { kind: 'token', label: 'prometheus', id: JSON.parse(limited.text).id, expires: JSON.parse(limited.text).expires })
  t.is((await as('POST', '/tokens', { label: 'more', role: 'admin' })).status, 403)
  t.is(JSON.parse((await as('POST', '/tokens', { label: 'same' })).text).role, 'viewer')
  const password = await as('PATCH', '/users/admin', { password: 'a password of theirs' })
  t.is(password.status, 403)
  t.regex(detailOf(password), /this token is limited to viewer/)
  t.is((await site.as('viewer')('PATCH', '/users/viewer', { role: 'admin' })).status, 403)
  t.is((await site.as('viewer')('PATCH', '/users/admin', { password: 'a password of theirs' })).status, 403)
  t.is((await site.as('viewer')('PATCH', '/users/viewer', { password: 'another one of mine' })).status, 200)
  t.is((await site.as('viewer')('GET', '/whoami')).status, 401, 'with the password its tokens end')
})

test('what a viewer is refused, and what a viewer may do without end, is counted after the first of it; what an admin does is not', async (t) => {
  const site = await startApiSite(t)
  const before = (await site.manager.access.auditTrail(1)).entries[0]?.seq ?? 0
  const since = async () => ((await site.manager.access.auditTrail(1)).entries[0]?.seq ?? 0) - before
  const [viewer, admin] = [site.as('viewer'), site.as('admin')]
  for (let index = 0; index < 30; index += 1) t.is((await viewer('POST', '/hosts/x/approve')).status, 403)
  for (let index = 0; index < 5; index += 1) t.is((await viewer('POST', '/tokens', { label: `t${index}`, days: 1 })).status, 201)
  const viewers = await since()
  t.true(viewers >= 20 && viewers < 25, `${viewers} entries`)
  for (let index = 0; index < 30; index += 1) t.is((await admin('POST', '/tokens', { label: `t${index}`, days: 1 })).status, 201)
  t.is(await since(), viewers + 30)
})

test('users, tokens and the audit log: made, listed, changed, removed; the log names who and what, and holds no secret', async (t) => {
  const site = await startApiSite(t)
  const admin = site.as('admin')
  const made = await admin('POST', '/users', { name: 'alice', password: 'twelve letters', role: 'operator' })
  t.is(made.status, 201)
  t.like(JSON.parse(made.text), { name: 'alice', role: 'operator' })
  t.is((await admin('POST', '/users', { name: 'alice', password: 'twelve letters', role: 'operator' })).status, 409)
  t.is((await admin('POST', '/users', { name: 'bob', password: 'short', role: 'operator' })).status, 400)
  const loggedIn = await site.ask('POST', '/login', { body: { user: 'alice', password: 'twelve letters', label: 'cli' } })
  t.is(loggedIn.status, 201)
  const { secret, id } = JSON.parse(loggedIn.text)
  t.is((await site.ask('POST', '/login', { body: { user: 'alice', password: 'wrong letters', label: 'cli' } })).status, 401)
  const own = await site.ask('GET', '/tokens', { token: secret })
  t.deepEqual(
    JSON.parse(own.text).tokens.map(({ user }: { readonly user: string }) => user),
    ['alice'],
  )
  t.is(JSON.parse((await admin('GET', '/tokens')).text).tokens.length, 4)
  t.is((await site.as('operator')('DELETE', `/tokens/${id}`)).status, 403)
  t.is((await admin('DELETE', `/tokens/${id}`)).status, 204)
  t.is((await site.ask('GET', '/whoami', { token: secret })).status, 401)
  t.is((await admin('PATCH', '/users/alice', { role: 'viewer' })).status, 200)
  t.is((await admin('DELETE', '/users/alice')).status, 204)
  t.is((await admin('DELETE', '/users/alice')).status, 404)
  t.is((await admin('DELETE', '/users/admin')).status, 409, 'the last admin stays')
  const { text } = await admin('GET', '/audit?limit=50')
  const { entries, intact } = JSON.parse(text)
  t.true(intact)
  t.notRegex(text, /twelve letters|wrong letters/)
  t.deepEqual(entries.map(({ who, what }: { readonly who: string; readonly what: string }) => `${who}: ${what}`).reverse(), [
    'admin: add user alice as operator',
    'admin: add user alice as operator: refused (409): there is a user alice already',
    'admin: POST /users: refused (400): password: is shorter than 12 characters',
    'alice: log in, for a token "cli"',
    'alice: log in, for a token "cli": refused (401): the name or the password is wrong',
    `operator: revoke token ${id}: refused (403): token ${id} is another user's: an admin of the whole pool can revoke it`,
    `admin: revoke token ${id}`,
    'admin: make user alice viewer',
    'admin: remove user alice',
    'admin: remove user alice: refused (404): there is no user alice',
    'admin: remove user admin: refused (409): admin is the last local admin of the whole pool: make another local user one first',
  ])
  const page = JSON.parse((await admin('GET', `/audit?limit=2&before=${entries[0].seq}`)).text)
  t.deepEqual(
    page.entries.map(({ seq }: { readonly seq: number }) => entries[0].seq - seq),
    [1, 2],
  )
  t.is((await admin('GET', '/audit?limit=0')).status, 400)
  t.is((await admin('GET', '/audit?limit=1&limit=2')).status, 400)
})

test('a fault of ours is 500 without a word of the inside, and what cannot be audited is not done', async (t) => {
  const site = await startApiSite(t)
  await site.manager.store.write(async (transaction) => {
    await transaction.schema.alterTable('audit').renameTo('audit_gone').execute()
  })
  const asked = await site.as('admin')('POST', '/users', { name: 'carol', password: 'twelve letters', role: 'viewer' })
  t.is(asked.status, 500)
  t.deepEqual(JSON.parse(asked.text), {
    type: 'about:blank',
    title: 'Internal Server Error',
    status: 500,
    detail: 'the manager cannot do it now: its log says why',
  })
  t.is((await site.as('viewer')('GET', '/whoami')).status, 200)
  t.false(
    (await site.manager.access.users()).some(({ name }) => name === 'carol'),
    'neither is there without the other',
  )
})

test('an answer tells browsers to keep nothing, frame nothing, guess nothing, and does not say what serves it', async (t) => {
  const site = await startApiSite(t)
  for (const { headers } of [await site.as('viewer')('GET', '/whoami'), await site.ask('GET', '/whoami')]) {
    t.like(headers, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-powered-by': undefined,
    })
    t.regex(String(headers['content-security-policy']), /default-src 'self'.*frame-ancestors 'none'/)
    t.is(headers['access-control-allow-origin'], undefined)
  }
})

test('a full disk is 507 in plain words at every door that writes, and what only reads goes on', async (t) => {
  const site = await startApiSite(t)
  const { db } = site.manager.store
  const pages = await sql<{ page_count: number }>`PRAGMA page_count`.execute(db)
  await sql.raw(`PRAGMA max_page_count = ${pages.rows[0]?.page_count ?? 1}`).execute(db)
  const label = 'x'.repeat(60)
  const issue = (at: number) => site.as('operator')('POST', '/tokens', { label: `${label}${at}`, days: 1 })
  let asked = await issue(0)
  for (let at = 1; at < 400 && asked.status < 400; at += 1) asked = await issue(at)
  t.is(asked.status, 507, asked.text)
  t.regex(detailOf(asked), /disk is full: nothing of this was kept/)
  t.is((await site.as('viewer')('GET', '/whoami')).status, 200)
  const records = Array.from({ length: 200 }, (_, at) => ({
    id: `${'a'.repeat(13)}${[at >> 6, at >> 3, at].map((part) => 'bcdefghi'[part & 7]).join('')}`,
    mac: `52:54:00:00:00:${(at & 255).toString(16).padStart(2, '0')}`,
    address: '127.0.0.1',
    tokenHash: 'a'.repeat(64),
    expires: Date.now(),
  }))
  const pushed = await post(site.address, '/appliance/attempts', JSON.stringify({ attempts: records }), {
    authorization: `Bearer ${site.secret}`,
  })
  t.is(pushed.status, 507, pushed.text)
})
