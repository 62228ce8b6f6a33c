// An issuer that is down, slow, endless or another: people are told, nothing grows, and local users come in.
import test from 'ava'
import { BegunSignIns, MOST_BEGUN } from '../../../../manager/access/oidc/begun.ts'
import { isSafe } from '../../../../manager/access/oidc/fetch.ts'
import { goAway, placeWith, signInBy } from './coming-by-issuer.ts'
import { ask, PASSWORD } from './page-server.ts'

test('an issuer that is down is told so; local users come in; when it is back, so do its people', async (t) => {
  const place = await placeWith(t, { issuer: 'http://127.0.0.1:1/realms/company' })
  const answered = await ask(place.server, '/signin/oidc')
  t.is(answered.status, 503)
  t.regex(answered.text, /Company login cannot be reached now.*local users come in by their passwords/)
  t.regex(answered.text, /<form class="card narrow" method="post" action="\/signin">/)
  t.is((await place.server.access.signIn('alice', PASSWORD, '127.0.0.1')).kind, 'session')
  t.true(place.server.lines.some((line) => JSON.stringify(line).includes('unreachable: http://127.0.0.1:1 cannot be reached: ')))
})

for (const mode of ['silent', 'trickling'] as const)
  test(`an issuer that is ${mode} is waited for no longer than the limit`, async (t) => {
    const place = await placeWith(t, {}, { patience: 300 })
    place.issuer.mode = mode
    const began = performance.now()
    const answered = await ask(place.server, '/signin/oidc')
    t.true(performance.now() - began < 5000)
    t.is(answered.status, 503)
    t.regex(answered.text, /takes too long to answer/)
  })

test('an issuer that answers with a gigabyte is cut off after a megabyte', async (t) => {
  const place = await placeWith(t)
  place.issuer.mode = 'endless'
  const answered = await ask(place.server, '/signin/oidc')
  t.is(answered.status, 502)
  t.regex(answered.text, /far more than there can be to say/)
  t.true(place.issuer.sent < 64 << 20, `${place.issuer.sent} bytes were sent`)
})

test('what an issuer says of itself, and its keys, are asked for once and kept; a key that it has not shown counts for nothing', async (t) => {
  const place = await placeWith(t)
  const { issuer } = place
  t.is((await signInBy(place)).status, 200)
  t.is((await signInBy(place)).status, 200)
  t.is(issuer.asked.filter((path) => path.endsWith('openid-configuration')).length, 1)
  t.is(issuer.asked.filter((path) => path === '/keys').length, 1)
  issuer.rotate()
  const unknown = await signInBy(place)
  t.is(unknown.status, 401)
  t.regex(unknown.text, /is signed by none of its keys/)
  issuer.mode = 'silent'
  const { location } = await goAway(place)
  t.regex(location, /\/authorize\?/, 'what it said of itself is kept')
})

test('an issuer that calls itself otherwise than the config does is none', async (t) => {
  const place = await placeWith(t)
  place.issuer.mode = 'another-issuer'
  const answered = await ask(place.server, '/signin/oidc')
  t.is(answered.status, 502)
  t.regex(answered.text, /gives another issuer than the config does/)
})

test('ten thousand sign-ins that were begun and left keep no more than the bound, and the last ones are good', async (t) => {
  const place = await placeWith(t)
  const begin = () => place.server.oidc?.begin(`/${'x'.repeat(1000)}`, undefined)
  for (let round = 0; round < 100; round += 1) await Promise.all(Array.from({ length: 100 }, begin))
  t.is(place.server.oidc?.open, MOST_BEGUN)
  t.is((await signInBy(place)).status, 200)
})

test('what was begun ten minutes ago is gone', (t) => {
  let now = 0
  const begun = new BegunSignIns(() => now)
  const one = { nonce: 'n', verifier: 'v', next: '/' }
  begun.add('a', 'browser', one)
  now = 599_999
  begun.add('b', 'browser', one)
  t.deepEqual(begun.take('a', 'browser'), one)
  begun.add('c', 'browser', one)
  now = 600_000 + 599_999
  t.is(begun.take('b', 'browser'), undefined)
  t.is(begun.take('c', 'browser'), undefined)
  begun.add('d', 'browser', one)
  t.is(begun.size, 1, 'what has ended is not kept')
})

test('plain HTTP is spoken to this machine alone', (t) => {
  for (const url of ['https://login.example', 'http://127.0.0.1:80', 'http://127.9.9.9/', 'http://[::1]:80/'])
    t.true(isSafe(new URL(url)), url)
  for (const url of [
    'http://login.example',
    'http://127.evil.example',
    'http://10.0.0.1',
    'http://localhost',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
  ])
    t.false(isSafe(new URL(url)), url)
})
