import test from 'ava'
import { outcomeText, requestText } from '../../../../manager/doors/api/audit-text.ts'

test('a request is told with what it asked for, and without any secret in it, however deep', (t) => {
  t.is(requestText('PATCH', '/api/v1/hosts/a', { name: 'b' }), 'PATCH /api/v1/hosts/a {"name":"b"}')
  t.is(requestText('POST', '/api/v1/hosts/a/approve', {}), 'POST /api/v1/hosts/a/approve')
  t.is(requestText('DELETE', '/x', undefined), 'DELETE /x')
  const said = requestText('POST', '/x', { chap: { user: 'u', password: 'p4ss' }, list: [{ code: 'c0de', secret: 's3cret' }] })
  t.is(said, 'POST /x {"chap":{"user":"u","password":"…"},"list":[{"code":"…","secret":"…"}]}')
})

test('a long text is cut, and known again by its hash', (t) => {
  const one = requestText('PUT', '/api/v1/properties', { text: 'a'.repeat(60_000) })
  const other = requestText('PUT', '/api/v1/properties', { text: `${'a'.repeat(59_999)}b` })
  t.true(one.length < 700)
  t.regex(one, /… \(60011 characters, SHA-256 [0-9a-f]{64}\)$/)
  t.not(one, other)
  t.true(requestText('GET', `/${'x'.repeat(9000)}`, {}).length < 500)
})

test('an outcome is done, or refused with the reason', (t) => {
  t.is(outcomeText({ kind: 'empty' }), 'done')
  t.is(outcomeText({ kind: 'refused', status: 409, reason: 'no' }), 'refused (409): no')
})
