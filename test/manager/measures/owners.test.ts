import test from 'ava'
import { Owners } from '../../../manager/measures/owners.ts'

test('in a move the host is heard that had the guest, until it tells no more of it', (t) => {
  const owners = new Owners()
  t.true(owners.hears('g', 'a', 0, 5000))
  t.false(owners.hears('g', 'b', 2000, 5000), 'the receiver waits for its memory')
  t.true(owners.hears('g', 'a', 5000, 5000))
  t.false(owners.hears('g', 'b', 12_000, 5000))
  t.true(owners.hears('g', 'b', 22_000, 5000))
  t.false(owners.hears('g', 'a', 23_000, 5000))
  t.true(owners.hears('h', 'a', 23_000, 5000), 'another guest is another’s')
  owners.forget(22_500)
  t.true(owners.hears('g', 'a', 23_000, 5000), 'nobody has told of it since')
})

test('a host is waited for as long as three of its samples take, and ten seconds at least', (t) => {
  const owners = new Owners()
  owners.hears('slow', 'a', 0, 60_000)
  t.false(owners.hears('slow', 'b', 180_000, 60_000))
  t.true(owners.hears('slow', 'b', 180_001, 60_000))
  owners.hears('quick', 'a', 0, 1000)
  t.false(owners.hears('quick', 'b', 10_000, 1000))
  t.true(owners.hears('quick', 'b', 10_001, 1000))
})
