import test from 'ava'
import { shortened } from '../../../manager/doors/shortened.ts'

test('a short text stays as it is; a long one is cut, and known again by its hash', (t) => {
  t.is(shortened('change host a', 13), 'change host a')
  const one = shortened('a'.repeat(60_000), 800)
  const other = shortened(`${'a'.repeat(59_999)}b`, 800)
  t.true(one.length < 1000)
  t.regex(one, /^a{800}… \(60000 characters, SHA-256 [0-9a-f]{64}\)$/)
  t.not(one, other)
})
