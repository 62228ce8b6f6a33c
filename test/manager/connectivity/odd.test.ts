import test from 'ava'
import fc from 'fast-check'
import { type Like, oddOnes } from '../../../manager/connectivity/odd.ts'

const host = (id: string, groups: readonly string[] = [], product?: string): Like => ({ id, groups, ...(product ? { product } : {}) })
const odd = (hosts: readonly Like[], ...reachers: readonly string[]) => [...oddOnes(hosts)(new Set(reachers))]

test('one of a group that lacks what most of the others have is odd; a whole group that lacks it was never meant to have it', (t) => {
  const hosts = [...['a1', 'a2', 'a3', 'a4'].map((id) => host(id, ['rack1', 'db'])), ...['b1', 'b2', 'b3'].map((id) => host(id, ['rack2']))]
  t.deepEqual(odd(hosts, 'a1', 'a2', 'a3'), ['a4'])
  t.deepEqual(odd(hosts, 'a1'), [], 'who has it alone is no habit of the others')
  t.deepEqual(odd([...hosts, host('a5', ['db', 'rack1'])], 'a1', 'a2', 'a3', 'a5'), ['a4'], 'groups have no order')
})

test('hosts without groups are like those of their product; who has no like is measured by all', (t) => {
  const hosts = [host('x1', [], 'R640'), host('x2', [], 'R640'), host('x3', [], 'R640'), host('y1', [], 'AS-1115')]
  t.deepEqual(odd(hosts, 'x1', 'x2'), ['x3', 'y1'])
  t.deepEqual(odd(hosts, 'y1'), [])
  t.deepEqual(odd([host('one'), host('two', [], 'R640')], 'one'), [], 'of two nobody knows which is right')
  t.deepEqual(odd([], 'one'), [])
})

test('nobody who reaches it is odd, and where nobody does, nobody is', (t) => {
  const hosts = fc.uniqueArray(
    fc.record({ id: fc.stringMatching(/^[a-j]$/), groups: fc.subarray(['p', 'q']), product: fc.constantFrom('R640', 'R750') }),
    { selector: ({ id }) => id },
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(hosts, fc.subarray([...'abcdefghij']), (all, reachers) => {
        const found = odd(all, ...reachers)
        t.false(found.some((id) => reachers.includes(id)))
        t.true(found.every((id) => all.some((one) => one.id === id)))
        t.deepEqual(odd(all), [])
      }),
    ),
  )
})
