import test from 'ava'
import { credentialOf, isSameOrigin, sessionOf } from '../../../manager/doors/guard.ts'

test('sessionOf finds our cookie among others, and no other', (t) => {
  t.deepEqual(sessionOf({ cookie: 'a=1; __Host-hostless=abc; b=2' }), { kind: 'session', secret: 'abc' })
  t.deepEqual(sessionOf({ cookie: 'x__Host-hostless=abc; hostless=1' }), { kind: 'none' })
  t.deepEqual(sessionOf({ cookie: '__Host-hostless=' }), { kind: 'none' })
  t.deepEqual(sessionOf({}), { kind: 'none' })
})

test('isSameOrigin believes only what browsers say of our own pages', (t) => {
  const host = 'manager:8443'
  t.true(isSameOrigin({ host, origin: 'https://manager:8443', 'sec-fetch-site': 'same-origin' }))
  t.true(isSameOrigin({ host, origin: 'https://manager:8443' }), 'an older browser')
  t.true(isSameOrigin({ host, 'sec-fetch-site': 'same-origin' }))
  t.false(isSameOrigin({ host }))
  t.false(isSameOrigin({ host, origin: 'https://manager' }))
  t.false(isSameOrigin({ host, origin: 'null', 'sec-fetch-site': 'same-origin' }))
  t.false(isSameOrigin({ host, origin: 'https://manager:8443', 'sec-fetch-site': 'cross-site' }))
})

test('a request that has a token is not let in by the cookie beside it', (t) => {
  const cookie = '__Host-hostless=abc'
  t.deepEqual(credentialOf({ cookie, authorization: 'Bearer xyz' }), { kind: 'token', secret: 'xyz' })
  t.deepEqual(credentialOf({ cookie, authorization: 'Basic xyz' }), { kind: 'none' })
  t.deepEqual(credentialOf({ cookie }), { kind: 'session', secret: 'abc' })
})
