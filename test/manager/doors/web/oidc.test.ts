// Sign-in by an issuer, as a browser does it: there and back, and what must not come back.
import test from 'ava'
import { audited, comeBack, cookiesOf, goAway, placeWith, RULES, sessionOf, signInBy } from './coming-by-issuer.ts'
import { fakePool } from './fake-pool.ts'
import { ask, CLIENT_SECRET, PASSWORD, post, startPages } from './page-server.ts'

test('there and back: the button, PKCE, state and nonce, a cookie for this browser, and a session as the rules say', async (t) => {
  const place = await placeWith(t)
  const { server, issuer } = place
  t.deepEqual(issuer.asked, [], 'it is not asked before somebody signs in')
  const page = await ask(server, '/signin?next=/guests')
  t.regex(page.text, /<a class="button main" href="\/signin\/oidc\?next(=|&#x3D;)%2Fguests">Company login<\/a>/)
  const sent = await ask(server, '/signin/oidc?next=%2Fguests')
  t.is(sent.status, 303)
  t.regex(String(sent.headers['set-cookie']), /^__Host-hostless-away=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$/)
  const to = new URL(String(sent.headers.location))
  t.is(`${to.origin}${to.pathname}`, `${issuer.url}/authorize`)
  const asked = Object.fromEntries(to.searchParams)
  t.like(asked, { response_type: 'code', client_id: 'hostless', scope: 'openid profile', code_challenge_method: 'S256' })
  t.is(asked.redirect_uri, `${server.origin}/signin/oidc/back`)
  for (const key of ['state', 'nonce', 'code_challenge']) t.regex(asked[key] ?? '', /^[\w-]{43}$/)

  const back = await issuer.visit(to.href)
  const signedIn = await comeBack(place, back, cookiesOf(sent))
  t.is(signedIn.status, 200)
  t.is(signedIn.headers.refresh, '0; url=/guests')
  t.regex(String(signedIn.headers['set-cookie']), /__Host-hostless=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict/)
  t.regex(String(signedIn.headers['set-cookie']), /__Host-hostless-away=; .*Max-Age=0/)
  const known = await server.access.bySession(sessionOf(signedIn))
  t.like(known, { user: 'grace', role: 'operator', issuer: issuer.url })
  t.deepEqual((await audited(place))[0], 'grace: sign in, by Company login, for the first time, as operator')

  const account = await ask(server, '/account', { headers: { cookie: cookiesOf(signedIn) } })
  t.regex(account.text, /You come in by/)
  t.notRegex(account.text, /Current password/)
  const told = JSON.stringify([await audited(place), server.lines, signedIn.text])
  for (const secret of [CLIENT_SECRET, 'the access token', back.searchParams.get('code') ?? '', 'sub-of-grace', asked.state ?? ''])
    t.false(told.includes(secret), secret)
})

test('what comes back is good once, in the browser that began it, with its own state, and within ten minutes', async (t) => {
  const place = await placeWith(t)
  const { server, issuer } = place
  const [mine, other] = [await goAway(place), await goAway(place)]
  const back = await issuer.visit(mine.location)
  const refused = async (url: URL, cookie: string, why: string) => {
    const answered = await comeBack(place, url, cookie)
    t.is(answered.status, 401, why)
    t.regex(answered.text, /not begun in this browser/, why)
    t.is(answered.headers['set-cookie'], undefined, why)
  }
  const wrong = new URL(back)
  wrong.searchParams.set('state', 'A'.repeat(43))
  await refused(wrong, mine.cookie, 'another state')
  const none = new URL(back)
  none.searchParams.delete('state')
  await refused(none, mine.cookie, 'no state')
  const twice = new URL(back)
  twice.searchParams.append('state', 'x')
  await refused(twice, mine.cookie, 'two states')
  await refused(back, other.cookie, "another browser's cookie")
  await refused(back, mine.cookie, 'and after that not in this one, either')
  await refused(await issuer.visit(other.location), '', 'no cookie')
  t.false(issuer.asked.includes('/token'), 'nothing of it went to the issuer')

  const again = await goAway(place)
  const good = await issuer.visit(again.location)
  t.is((await comeBack(place, good, again.cookie)).status, 200)
  await refused(good, again.cookie, 'replayed')
  t.is((await audited(place)).filter((one) => /^nobody: sign in, by Company login: refused \(401\)/.test(one)).length, 7)
  t.is((await server.access.users()).filter(({ issuer: from }) => from !== undefined).length, 1)
})

test('an ID token with another nonce, key, audience, issuer or time lets nobody in', async (t) => {
  const place = await placeWith(t)
  const { server, issuer } = place
  const now = Math.floor(Date.now() / 1000)
  const well = issuer.change
  for (const [why, said, change] of [
    ['nonce', /belongs to another sign-in/, (claims) => ({ ...claims, nonce: 'another' })],
    ['no nonce', /not answer as an issuer|another sign-in/, ({ nonce: _, ...claims }) => claims],
    ['aud', /for another application/, (claims) => ({ ...claims, aud: 'another' })],
    ['iss', /for another application, or of another issuer/, (claims) => ({ ...claims, iss: 'https://evil.example' })],
    ['expired', /does not hold now.*clocks/, (claims) => ({ ...claims, exp: now - 60 })],
    ['not yet', /does not hold now.*clocks/, (claims) => ({ ...claims, nbf: now + 600 })],
  ] as const satisfies readonly (readonly [string, RegExp, typeof well])[]) {
    issuer.change = change
    const answered = await signInBy(place)
    t.true([401, 502].includes(answered.status), why)
    t.regex(answered.text, said, why)
    t.is(answered.headers['set-cookie'], undefined, why)
  }
  issuer.change = well
  issuer.wrongKey = true
  const foreign = await signInBy(place)
  t.true([401, 502].includes(foreign.status))
  t.regex(foreign.text, /not rightly signed|none of its keys/)
  issuer.wrongKey = false
  t.is((await server.access.users()).length, 3, 'nobody was made')
  t.is((await signInBy(place)).status, 200, 'and as it should be it does')
})

test('a name that a local user has opens no account, whatever the issuer says; nor does that of another of its people', async (t) => {
  const place = await placeWith(t)
  const { server, issuer } = place
  issuer.person = { sub: 'somebody', preferred_username: 'alice', groups: ['rack-admins'] }
  const taken = await signInBy(place)
  t.is(taken.status, 409)
  t.regex(taken.text, /There is a local user alice.*hostless user remove alice/)
  t.is(taken.headers['set-cookie'], undefined)
  t.regex((await audited(place))[0] ?? '', /^alice: sign in, by Company login: refused \(409\): there is a local user alice/)
  issuer.person = { sub: 'one', preferred_username: 'Grace@example.org', groups: ['rack-operators'] }
  t.is((await signInBy(place)).status, 200)
  issuer.person = { sub: 'two', preferred_username: 'grace', groups: ['rack-admins'] }
  t.regex((await signInBy(place)).text, /The name grace is that of another account of http/)
  t.like(
    (await server.access.users()).find(({ name }) => name === 'grace'),
    { role: 'operator' },
  )
  issuer.person = { sub: 'one', preferred_username: 'hopper', groups: ['rack-operators'] }
  t.like(await server.access.bySession(sessionOf(await signInBy(place))), { user: 'grace' }, 'who changes the name there keeps it here')
})

test('role and groups are as the issuer says at each sign-in; who has none any more is nobody, and what let them in ends', async (t) => {
  const place = await placeWith(t)
  const { server, issuer } = place
  const first = sessionOf(await signInBy(place))
  const token = await server.access.issueToken('grace', { label: 'x', days: 300 })
  const secret = token.kind === 'done' ? token.value.secret : ''
  if (token.kind === 'done') t.true(token.value.expires <= Date.now() + 30 * 24 * 3600_000 + 1000, 'and no longer than 30 days')
  issuer.person = { ...issuer.person, groups: ['others', 'rack3'] }
  await signInBy(place)
  t.like(await server.access.bySession(first), { role: 'operator', groups: ['rack3'] })
  issuer.person = { ...issuer.person, groups: ['rack3', 'rack-admins'] }
  await signInBy(place)
  const admin = await server.access.bySession(first)
  t.is(admin?.role, 'admin')
  t.is(admin?.groups, undefined)
  issuer.person = { ...issuer.person, groups: ['others'] }
  const none = await signInBy(place)
  t.is(none.status, 403)
  t.regex(none.text, /none of the roles here is yours.*User grace is removed/)
  t.is(await server.access.bySession(first), undefined)
  t.is(await server.access.byToken(secret), undefined)
  t.false((await server.access.users()).some(({ name }) => name === 'grace'))
})

test('a default role, another claim, and what the userinfo alone says', async (t) => {
  const viewers = await placeWith(t, { defaultRole: 'viewer' })
  viewers.issuer.person = { sub: 's', preferred_username: 'vi' }
  t.like(await viewers.server.access.bySession(sessionOf(await signInBy(viewers))), { user: 'vi', role: 'viewer' })
  const nested = await placeWith(t, { roles: { ...RULES, claim: 'realm_access.roles' }, userClaim: 'email' })
  nested.issuer.person = { sub: 's', email: 'ada.l@example.org', realm_access: { roles: ['rack-admins'] } }
  t.regex((await signInBy(nested)).text, /has not verified your e-mail/)
  nested.issuer.person = { ...nested.issuer.person, email_verified: true }
  t.like(await nested.server.access.bySession(sessionOf(await signInBy(nested))), { user: 'ada.l', role: 'admin' })
  const told = await placeWith(t)
  told.issuer.person = { sub: 's' }
  told.issuer.userinfo = { preferred_username: 'ulla', groups: ['rack-admins'] }
  t.like(await told.server.access.bySession(sessionOf(await signInBy(told))), { user: 'ulla', role: 'admin' })
})

test('who says no there is told so on the page to sign in on, and another site is never the next page', async (t) => {
  const place = await placeWith(t)
  const { issuer } = place
  issuer.error = 'access_denied'
  const denied = await signInBy(place)
  t.is(denied.status, 403)
  t.regex(denied.text, /has not let you in, or you have said no there/)
  issuer.error = '<script>alert(1)</script>'
  const strange = await signInBy(place)
  t.is(strange.status, 502)
  t.false(strange.text.includes('alert(1)'))
  issuer.error = undefined
  for (const next of ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)'])
    t.is((await signInBy(place, next)).headers.refresh, '0; url=/', next)
})

test('a browser that calls the manager otherwise is sent to the address that the issuer sends it back to, once', async (t) => {
  const { server } = await placeWith(t)
  const sent = await ask(server, '/signin/oidc?next=/guests', { headers: { host: 'elsewhere.example' } })
  t.is(sent.headers.location, `${server.origin}/signin/oidc?next=%2Fguests&there=1`)
  const there = await ask(server, '/signin/oidc?next=/guests&there=1', { headers: { host: 'elsewhere.example' } })
  t.regex(String(there.headers.location), /\/authorize\?/)
})

test('who comes in by an issuer has no password and no second factor here, and an admin sets nothing of them', async (t) => {
  const place = await placeWith(t)
  const { server } = place
  const signedIn = await signInBy(place)
  const session = sessionOf(signedIn)
  const who = await server.access.bySession(session)
  const grace = { cookie: `__Host-hostless=${session}`, csrf: who?.by.kind === 'session' ? who.by.csrf : '' }
  for (const [path, fields] of [
    ['/account/password', { current: 'x', password: 'a long new password' }],
    ['/account/second-factor', { password: 'x' }],
    ['/account/second-factor/end', { password: 'x', code: '1' }],
  ] as const)
    t.regex((await post(server, path, grace, fields)).text, /User grace comes in by .* and has no password/i, path)
  const alice = await server.session('admin')
  const users = await ask(server, '/users', { headers: { cookie: alice.cookie } })
  t.regex(users.text, /<bdi>grace<\/bdi>\s*<td><small>127\.0\.0\.1:\d+<\/small>/)
  t.notRegex(users.text, /users\/grace\/(role|password)/)
  t.regex((await post(server, '/users/grace/role', alice, { role: 'admin' })).text, /follow from what that says at each sign-in/)
  t.regex((await post(server, '/users/grace/password', alice, { password: 'a long new password' })).text, /has no password/)
  const [byName, byNobody] = await Promise.all(['grace', 'nobody-there'].map((user) => server.access.signIn(user, '', '127.0.0.1')))
  t.like(byName, { kind: 'refused', status: 401, code: 'wrong-password' })
  t.deepEqual(byName, byNobody, 'names are not told to strangers')
  t.regex(byName?.kind === 'refused' ? byName.reason : '', /Who comes in by Company login has no password here: sign in by it on the page/)
  t.is((await post(server, '/users/grace/remove', alice)).status, 303)
  t.is(await server.access.bySession(session), undefined)
})

test('without an issuer there is no button, and the addresses say so', async (t) => {
  const server = await startPages(fakePool(4))
  t.teardown(() => server.close())
  t.notRegex((await ask(server, '/signin')).text, /oidc/)
  for (const path of ['/signin/oidc', '/signin/oidc/back?state=x&code=y']) {
    const answered = await ask(server, path)
    t.is(answered.status, 404)
    t.regex(answered.text, /No issuer is configured here/)
  }
  t.is((await server.access.signIn('alice', PASSWORD, '127.0.0.1')).kind, 'session')
})
