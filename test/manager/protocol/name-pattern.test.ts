import test from 'ava'
import fc from 'fast-check'
import { namesMade } from '../../../manager/protocol/name-pattern.ts'

const made = (pattern: string, count: number) => {
  const answer = namesMade(pattern, count)
  return answer.kind === 'names' ? answer.names : answer.reason
}

test('braces count, as wide as their first number; without an end they count as far as is wanted', (t) => {
  t.deepEqual(made('node{01..03}', 3), ['node01', 'node02', 'node03'])
  t.deepEqual(made('node{8..}', 3), ['node8', 'node9', 'node10'])
  t.deepEqual(made('r3-n{099..}-a', 2), ['r3-n099-a', 'r3-n100-a'])
  t.deepEqual(made('db, node{01..02},web{1..}', 5), ['db', 'node01', 'node02', 'web1', 'web2'])
  t.is((made('node{01..37}', 37) as readonly string[]).at(-1), 'node37')
})

test('another number of names than of machines is refused, as are names that no host may have', (t) => {
  t.is(made('node{01..37}', 36), 'the pattern node{01..37} makes 37 names, and 36 are wanted')
  t.is(made('node{01..02}', 3), 'the pattern node{01..02} makes 2 names, and 3 are wanted')
  t.is(made('node', 2), 'the pattern node makes 1 name, and 2 are wanted')
  t.regex(String(made('Node{1..2}', 2)), /"Node1" is no host name/)
  t.regex(String(made('a{1..2}{3..4}', 2)), /is no pattern: say node\{01\.\.37\}/)
  t.regex(String(made('n{5..1}', 5)), /counts backwards: say \{1\.\.5\}/)
  t.regex(String(made('n{1..},x', 5)), /counts on without an end/)
  t.regex(String(made('a,a', 2)), /names a twice/)
})

test('whatever is said, there are as many names as were wanted, all different, or a reason', (t) => {
  const pattern = fc.stringMatching(/^[a-z{}0-9.,-]{0,30}$/)
  fc.assert(
    fc.property(pattern, fc.integer({ min: 0, max: 1000 }), (text, count) => {
      const answer = namesMade(text, count)
      return answer.kind === 'refused' ? answer.reason.length > 5 : answer.names.length === count && new Set(answer.names).size === count
    }),
  )
  t.is(typeof made('n{000000..999999}', 5), 'string', 'and not a million of them')
})
