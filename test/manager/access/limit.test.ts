import test from 'ava'
import fc from 'fast-check'
import { AttemptLimit, peerKey } from '../../../manager/access/limit.ts'

test('AttemptLimit lets a burst through, then as many as come back with time, and says how long to wait', (t) => {
  let at = 0
  const limit = new AttemptLimit({ perSecond: 0.5, burst: 3 }, () => at)
  t.deepEqual(
    [1, 2, 3, 4].map(() => limit.attempt('a')),
    [0, 0, 0, 2],
  )
  t.is(limit.attempt('b'), 0, 'another key')
  at += 1000
  t.is(limit.attempt('a'), 1)
  at += 1000
  t.deepEqual([limit.attempt('a'), limit.attempt('a')], [0, 2])
})

test('AttemptLimit gives back what went well, and never more than there was', (t) => {
  const limit = new AttemptLimit({ perSecond: 0.001, burst: 2 }, () => 0)
  for (let times = 0; times < 10; times += 1) {
    t.is(limit.attempt('a'), 0)
    limit.wentWell('a')
    limit.wentWell('a')
  }
  t.deepEqual(
    [1, 2, 3].map(() => limit.attempt('a') === 0),
    [true, true, false],
  )
})

test('AttemptLimit has a bound, and forgets the longest untried', (t) => {
  const limit = new AttemptLimit({ perSecond: 0.001, burst: 1 }, () => 0)
  limit.attempt('kept')
  for (let index = 0; index < 30_000; index += 1) {
    limit.attempt(`key ${index}`)
    if (index % 5000 === 0) t.not(limit.attempt('kept'), 0)
  }
  t.is(limit.size, 10_000)
})

test('peerKey: an IPv4 address is itself, however it is written, an IPv6 address its /64', (t) => {
  t.is(peerKey('10.0.0.1'), '10.0.0.1')
  t.is(peerKey('::ffff:10.0.0.1'), '10.0.0.1')
  t.is(peerKey('2001:db8:0:1::5'), '2001:db8:0:1::/64')
  t.is(peerKey('2001:0DB8:0:1:2:3:4:5'), '2001:db8:0:1::/64')
  t.is(peerKey('::1'), '0:0:0:0::/64')
  t.is(peerKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
  fc.assert(fc.property(fc.ipV6(), fc.nat(0xffff), (address, last) => peerKey(address).endsWith('::/64') && typeof last === 'number'))
})
