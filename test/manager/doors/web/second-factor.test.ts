// The second factor on the page: from the account to the next sign-in.
import test from 'ava'
import { codeOf, stepAt } from '../../../../manager/access/second-factor/totp.ts'
import { fakePool } from './fake-pool.ts'
import { ask, PASSWORD, post, startPages } from './page-server.ts'

function bytesOf(secret: string): Buffer {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

test('it is begun with the password, confirmed by a code, asked for at the next sign-in, and reset by an admin', async (t) => {
  const server = await startPages(fakePool(4))
  t.teardown(() => server.close())
  const otto = await server.session('operator')
  const see = async (path: string) => (await ask(server, path, { headers: { cookie: otto.cookie } })).text
  t.regex(await see('/account'), /your password alone signs you in/)
  t.is((await post(server, '/account/second-factor', otto, { password: 'not it, not it' })).status, 403)
  const begun = await post(server, '/account/second-factor', otto, { password: PASSWORD })
  t.is(begun.status, 200)
  const [, secret = ''] = /<code class="secret">([A-Z2-7 ]+)<\/code>/.exec(begun.text) ?? []
  t.true(
    begun.text.includes(`otpauth://totp/hostless:otto?secret&#x3D;${secret.replaceAll(' ', '')}`) ||
      begun.text.includes(`secret=${secret.replaceAll(' ', '')}`),
  )
  t.notRegex(await see('/account'), new RegExp(secret.slice(0, 9)), 'shown once')
  const code = (steps = 0) => codeOf(bytesOf(secret.replaceAll(' ', '')), stepAt(Date.now()) + steps)
  t.is((await post(server, '/account/second-factor/confirm', otto, { code: 'x' })).status, 403)
  const confirmed = await post(server, '/account/second-factor/confirm', otto, { code: code() })
  const recovery = confirmed.text.match(/([A-Z2-7]{4}-){3}[A-Z2-7]{4}/g) ?? []
  t.is(recovery.length, 10)
  t.regex(await see('/account'), /Of your recovery codes 10 are left/)

  const form = { 'content-type': 'application/x-www-form-urlencoded', origin: server.origin, 'sec-fetch-site': 'same-origin' }
  const send = (path: string, fields: Record<string, string>) =>
    ask(server, path, { method: 'POST', headers: form, body: new URLSearchParams(fields).toString() })
  const asked = await send('/signin', { user: 'otto', password: PASSWORD, next: '/guests' })
  t.is(asked.status, 200)
  t.is(asked.headers['set-cookie'], undefined)
  const [, ticket = ''] = /name="ticket" value="([\w-]{43})"/.exec(asked.text) ?? []
  t.false(asked.text.includes(PASSWORD))
  const wrong = await send('/signin/code', { user: 'otto', ticket, next: '/guests', code: '000000' })
  t.is(wrong.status, 401)
  t.regex(wrong.text, /the code is wrong/)
  t.is(wrong.headers['set-cookie'], undefined)
  const done = await send('/signin/code', { user: 'otto', ticket, next: '//evil.example', code: recovery[0] ?? '' })
  t.deepEqual([done.status, done.headers.location], [303, '/'])
  t.regex(String(done.headers['set-cookie']), /^__Host-hostless=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/)
  t.is((await send('/signin/code', { user: 'otto', ticket, next: '/', code: recovery[1] ?? '' })).status, 401)

  const trail = await server.access.auditTrail(100)
  const said = trail.entries.map(({ who, what }) => `${who}: ${what}`)
  for (const one of [
    'otto: begin a second factor',
    'otto: confirm their second factor',
    'otto: use a recovery code: 9 are left',
    'otto: sign in, with a second factor',
  ])
    t.true(said.includes(one), one)
  t.true(said.some((one) => /^otto: sign in, with a second factor: refused \(401\): the code is wrong/.test(one)))
  for (const one of [secret, secret.replaceAll(' ', ''), ...recovery]) t.false(JSON.stringify([said, server.lines]).includes(one))

  const alice = await server.session('admin')
  t.regex((await ask(server, '/users', { headers: { cookie: alice.cookie } })).text, /action="\/users\/otto\/second-factor"/)
  t.is((await post(server, '/users/otto/second-factor', otto)).status, 403)
  t.is((await post(server, '/users/otto/second-factor', alice)).status, 303)
  t.is((await send('/signin', { user: 'otto', password: PASSWORD, next: '/' })).status, 303)
})

test('who changes the password needs the old one, and no session is made of that', async (t) => {
  const server = await startPages(fakePool(4))
  t.teardown(() => server.close())
  const otto = await server.session('operator')
  t.is((await post(server, '/account/password', otto, { current: 'not it, not it', password: 'another long one' })).status, 401)
  t.is((await post(server, '/account/password', otto, { current: PASSWORD, password: 'another long one' })).status, 303)
  t.is((await server.access.signIn('otto', 'another long one', '127.0.0.1')).kind, 'session')
})
