// What forms do, without a browser: the operation that they ask for, the audit log, and what is answered to a mistake.
import test from 'ava'
import { idOf } from './fake-hosts.ts'
import { fakePool } from './fake-pool.ts'
import { ask, PASSWORD, post, startPages, USERS } from './page-server.ts'

async function site(t: { teardown(end: () => Promise<void>): void }, users: 'three' | 'none' = 'three') {
  const pool = fakePool(40)
  const server = await startPages(pool, { users })
  t.teardown(() => server.close())
  const audited = async () => (await server.access.auditTrail(100)).entries.map(({ who, what }) => `${who}: ${what}`)
  return { pool, server, audited }
}

test('approve is done in the name of who is signed in, audited, and leads to the host', async (t) => {
  const { pool, server, audited } = await site(t)
  const { status, headers } = await post(server, `/hosts/${idOf(0)}/approve`, await server.session('operator'))
  t.is(status, 303)
  t.is(headers.location, '/hosts/node0001')
  t.deepEqual(pool.calls, [`approve ${idOf(0)} by otto`])
  t.deepEqual(await audited(), [`otto: approve host node0001 (${idOf(0)})`])
})

test('htmx is answered with a notice and told that something was done; a refusal says why', async (t) => {
  const { server } = await site(t)
  const session = await server.session('operator')
  const done = await post(server, `/hosts/${idOf(0)}/approve`, session, {}, { 'hx-request': 'true' })
  t.is(done.status, 200)
  t.is(done.headers['hx-trigger'], 'acted')
  t.regex(done.text, /node0001 is approved/)
  const refused = await post(server, `/hosts/${idOf(4)}/maintain`, session, {}, { 'hx-request': 'true' })
  t.is(refused.status, 409)
  t.regex(refused.text, /class="refused">5 guests run on node0005: evacuate it first/)
})

test('a fence wants its proof', async (t) => {
  const { pool, server } = await site(t)
  const session = await server.session('admin')
  t.is((await post(server, `/hosts/${idOf(5)}/fence`, session, { proof: '  ' })).status, 400)
  t.deepEqual(pool.calls, [])
  t.is((await post(server, `/hosts/${idOf(5)}/fence`, session, { proof: 'the BMC says off' })).status, 303)
  t.deepEqual(pool.calls, [`fence ${idOf(5)} by alice: the BMC says off`])
})

test('a host is cordoned with a reason, and its page and row say so until it is not any more', async (t) => {
  const { server, audited } = await site(t)
  const session = await server.session('operator')
  t.is((await post(server, `/hosts/${idOf(5)}/cordon`, session, { reason: 'PDU <2>' })).status, 303)
  t.regex((await audited())[0] ?? '', /^otto: cordon host node0006 .*: PDU <2>$/)
  const page = (await ask(server, '/hosts/node0006', { headers: { cookie: session.cookie } })).text
  t.regex(page, /Cordoned: PDU &lt;2&gt; <small>by user otto/)
  t.regex(page, /action="\/hosts\/\w+\/uncordon"/)
  t.notRegex(page, /action="\/hosts\/\w+\/cordon"/)
  t.regex((await ask(server, '/', { headers: { cookie: session.cookie } })).text, /title="cordoned: PDU &lt;2&gt;">up, cordoned/)
  t.is((await post(server, `/hosts/${idOf(5)}/uncordon`, session)).status, 303)
  t.notRegex((await ask(server, '/hosts/node0006', { headers: { cookie: session.cookie } })).text, /Cordoned/)
})

test('a host is changed by one form: name, groups, notes', async (t) => {
  const { pool, server, audited } = await site(t)
  const session = await server.session('operator')
  const fields = { name: ' node0005 ', groups: 'rack1, db  web', notes: 'one\r\ntwo' }
  t.is((await post(server, `/hosts/${idOf(4)}/change`, session, fields)).status, 303)
  t.deepEqual(pool.calls, [`change ${idOf(4)} {"name":"node0005","groups":["rack1","db","web"],"notes":"one\\ntwo"} by otto`])
  t.regex((await audited())[0] ?? '', /^otto: change host node0005/)
  t.is((await post(server, `/hosts/${idOf(4)}/change`, session, { ...fields, groups: 'bad' })).status, 409)
  t.is((await post(server, `/hosts/${idOf(4)}/change`, session, { ...fields, groups: 'Bad' })).status, 400)
  t.is((await post(server, `/hosts/${idOf(4)}/change`, session, { name: 'x' })).status, 303)
  t.is(pool.calls.at(-1), `change ${idOf(4)} {"name":"x"} by otto`, 'what a form does not have stays')
})

test('sign-in sets a cookie that no script and no other site gets, and goes where one wanted to go', async (t) => {
  const { server, audited } = await site(t)
  const enter = (fields: Readonly<Record<string, string>>) =>
    ask(server, '/signin', {
      method: 'POST',
      headers: { origin: server.origin, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams(fields).toString(),
    })
  const wrong = await enter({ user: 'vera', password: 'wrong', next: '/' })
  t.is(wrong.status, 401)
  t.regex(wrong.text, /the name or the password is wrong/)
  t.is(wrong.headers['set-cookie'], undefined)
  const right = await enter({ user: 'vera', password: PASSWORD, next: '/cpu?from=a&to=b' })
  t.is(right.status, 303)
  t.is(right.headers.location, '/cpu?from=a&to=b')
  t.regex(String(right.headers['set-cookie']), /^__Host-hostless=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', '/a\r\nset-cookie: x', 'javascript:1', '']) {
    t.is((await enter({ user: 'vera', password: PASSWORD, next })).headers.location, '/', next)
  }
  const log = await audited()
  t.true(log.includes('vera: sign in') && log.some((line) => line.startsWith('vera: sign in: refused (401)')))
})

test('sign-out ends the session on the server, not only the cookie', async (t) => {
  const { server } = await site(t)
  const session = await server.session('viewer')
  const { status, headers } = await post(server, '/signout', session)
  t.is(status, 303)
  t.regex(String(headers['set-cookie']), /^__Host-hostless=; .*Max-Age=0/)
  t.is((await ask(server, '/', { headers: { cookie: session.cookie } })).status, 303)
})

test('the first admin comes in by the code that was printed, once', async (t) => {
  const { server } = await site(t, 'none')
  const code = (await server.access.firstAdminCode()) ?? ''
  const page = await ask(server, `/first-admin?code=${code}`)
  t.true(page.text.includes(`value="${code}"`))
  const redeem = (fields: Readonly<Record<string, string>>) =>
    ask(server, '/first-admin', {
      method: 'POST',
      headers: { origin: server.origin, 'sec-fetch-site': 'same-origin' },
      body: new URLSearchParams(fields).toString(),
    })
  t.is((await redeem({ code, user: 'Bad Name', password: PASSWORD })).status, 400)
  t.regex((await redeem({ code, user: 'root', password: 'short' })).text, /shorter than 12/)
  t.is((await redeem({ code: 'wrong', user: 'root', password: PASSWORD })).status, 403)
  const done = await redeem({ code, user: 'root', password: PASSWORD })
  t.is(done.status, 303)
  t.is(done.headers.location, '/')
  const late = await redeem({ code, user: 'other', password: PASSWORD })
  t.deepEqual([late.status, late.text.includes('name="password"')], [409, false])
})

test('a link for the first admin says that it is over where there are users, and asks a stranger for nothing', async (t) => {
  const { server } = await site(t)
  for (const path of ['/first-admin', '/first-admin?code=of-another-day']) {
    const { status, text } = await ask(server, path)
    t.is(status, 410)
    t.regex(text, /There are users already/)
    t.regex(text, /href="\/signin"/)
    t.notRegex(text, /no user yet|<input|of-another-day/)
    for (const name of Object.values(USERS)) t.false(text.includes(name), 'nor who they are')
  }
})

test('where nobody is in yet a link for the first admin asks for its code', async (t) => {
  const { server } = await site(t, 'none')
  const { status, text } = await ask(server, '/first-admin')
  t.is(status, 200)
  t.regex(text, /name="code" value=""/)
})

test('the audit log is chosen by who, by what it names and by days, and its next page is of the same choice', async (t) => {
  const { server } = await site(t)
  const admin = await server.session('admin')
  for (let number = 1; number <= 201; number += 1) await server.access.audit({ who: 'ada', peer: '', what: `approve host node${number}` })
  await server.access.audit({ who: 'bob', peer: '', what: 'cordon host node1' })
  const shown = async (path: string) => {
    const { status, text } = await ask(server, path, { headers: { cookie: admin.cookie } })
    t.is(status, 200)
    return { text, count: text.match(/<td class="what">/g)?.length ?? 0 }
  }
  t.is((await shown('/audit?about=node1')).count, 2)
  t.is((await shown('/audit?about=node1&who=bob')).count, 1)
  const [today, past] = [new Date().toISOString().slice(0, 10), '2001-01-01']
  t.is((await shown(`/audit?who=bob&from=${today}&to=${today}`)).count, 1)
  const none = await shown(`/audit?to=${past}`)
  t.is(none.count, 0)
  t.regex(none.text, /No such entry/)
  const first = await shown('/audit?who=ada&about=%22x')
  t.regex(first.text, /name="about" value="&quot;x"/)
  const [, older = ''] = /<a href="([^"]+)">Older/.exec((await shown('/audit?who=ada')).text) ?? []
  t.regex(older, /who(?:=|&#x3D;)ada/)
  t.is((await shown(older.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='))).count, 1)
})

test('users and tokens are made, changed and taken away, each in the audit log', async (t) => {
  const { server, audited } = await site(t)
  const admin = await server.session('admin')
  t.is((await post(server, '/users', admin, { user: 'bob', password: PASSWORD, role: 'operator' })).status, 303)
  t.is((await post(server, '/users', admin, { user: 'bob', password: PASSWORD, role: 'operator' })).status, 409)
  t.is((await post(server, '/users', admin, { user: 'eve', password: PASSWORD, role: 'root' })).status, 400)
  t.is((await post(server, '/users/bob/role', admin, { role: 'viewer' })).status, 303)
  t.is((await post(server, '/users/alice/role', admin, { role: 'viewer' })).status, 409, 'the last admin')
  t.is((await post(server, '/users/bob/password', admin, { password: 'short' })).status, 400)
  t.is((await post(server, '/users/bob/remove', admin)).status, 303)
  const viewer = await server.session('viewer')
  t.is((await post(server, '/tokens', viewer, { label: 'cli', role: 'admin', days: '10' })).status, 403, 'a role above their own')
  const issued = await post(server, '/tokens', viewer, { label: 'cli', role: 'viewer', days: '10' })
  const secret = /class="secret">([\w-]+)</.exec(issued.text)?.[1] ?? ''
  t.is((await server.access.byToken(secret))?.user, 'vera')
  const [token] = await server.access.tokens('vera')
  t.is((await post(server, '/tokens/revoke', viewer, { id: token?.id ?? '' })).status, 303)
  t.is(await server.access.byToken(secret), undefined)
  const log = (await audited()).join('\n')
  for (const line of [
    'alice: add user bob as operator',
    'alice: make user bob viewer',
    'alice: remove user bob',
    'vera: issue token "cli"',
    'vera: revoke token',
  ]) {
    t.true(log.includes(line), line)
  }
  t.false(log.includes(PASSWORD))
})

test('a new password takes the old one, and ends the sessions', async (t) => {
  const { server } = await site(t)
  const session = await server.session('viewer')
  t.is((await post(server, '/account/password', session, { current: 'wrong', password: 'another good one' })).status, 401)
  t.is((await post(server, '/account/password', session, { current: PASSWORD, password: 'another good one' })).status, 303)
  t.is((await ask(server, '/', { headers: { cookie: session.cookie } })).status, 303)
  t.is((await server.access.signIn('vera', 'another good one', '127.0.0.1')).kind, 'session')
})
