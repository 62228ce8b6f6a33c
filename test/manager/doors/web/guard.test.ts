import test from 'ava'
import fc from 'fast-check'
import { comesFromOurPage, cookieOf, safePath } from '../../../../manager/doors/web/guard.ts'
import { visible, visibleIn } from '../../../../manager/doors/web/visible.ts'

test('cookieOf finds our cookie among others, and no other', (t) => {
  t.is(cookieOf({ cookie: 'a=1; __Host-hostless=abc; b=2' }), 'abc')
  t.is(cookieOf({ cookie: 'x__Host-hostless=abc; hostless=1' }), undefined)
  t.is(cookieOf({}), undefined)
})

test('comesFromOurPage believes only what browsers say of our own pages', (t) => {
  const host = 'manager:8443'
  t.true(comesFromOurPage({ host, origin: 'https://manager:8443', 'sec-fetch-site': 'same-origin' }))
  t.true(comesFromOurPage({ host, origin: 'https://manager:8443' }), 'an older browser')
  t.true(comesFromOurPage({ host, 'sec-fetch-site': 'same-origin' }))
  t.false(comesFromOurPage({ host }))
  t.false(comesFromOurPage({ host, origin: 'https://manager' }))
  t.false(comesFromOurPage({ host, origin: 'null', 'sec-fetch-site': 'same-origin' }))
  t.false(comesFromOurPage({ host, origin: 'https://manager:8443', 'sec-fetch-site': 'cross-site' }))
})

test('safePath never leaves this manager', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `/${text}`),
        fc.string().map((text) => `//${text}`),
      ),
      (text) => {
        const { origin } = new URL(safePath(text), 'https://manager:8443')
        return origin === 'https://manager:8443'
      },
    ),
  )
  t.is(safePath('/hosts/node01?x=1'), '/hosts/node01?x=1')
  t.is(safePath(null), '/')
})

test('visible shows what would not be seen, keeps line ends, and cuts what is too long', (t) => {
  t.is(visible('a\u202eb\u0000c\u001b[31m\n\td'), 'a\\u202eb\\u0000c\\u001b[31m\n\td')
  t.is(visible('日本語 Grüße'), '日本語 Grüße')
  t.is(visible('x'.repeat(10_000)).length, 4097)
  t.deepEqual(visibleIn({ a: ['\u202e', 1, undefined], b: { c: '\u2028' } }), { a: ['\\u202e', 1, undefined], b: { c: '\\u2028' } })
})
