import test from 'ava'
import { openStore } from '../../../appliance/store/database.ts'
import { FollowedOrders } from '../../../appliance/store/followed-orders.ts'
import { mac } from '../boot/plans.ts'
import { collectingLog } from '../wire/collecting-log.ts'

const NODE = mac('52:54:00:77:00:01')
const DAY = 24 * 3600_000
const of = (id: string, attempt: string, at = 1000) => ({
  ...{ id: id.repeat(16), attempt: attempt.repeat(16), mac: NODE },
  ...{ what: 'memtest', at },
})

test('an order is followed by one attempt, and an attempt follows one order, however often it is asked', (t) => {
  const followed = new FollowedOrders(openStore(':memory:'), collectingLog().log)
  let heard = 0
  followed.subscribe(() => {
    heard += 1
  })
  t.true(followed.follow(of('o', 'a')))
  for (const again of [of('o', 'a'), of('o', 'b'), of('p', 'a')]) t.false(followed.follow(again))
  t.is(heard, 1)
  t.is(followed.of('a'.repeat(16)), 'memtest')
  t.is(followed.of('b'.repeat(16)), undefined)
  t.deepEqual([followed.has('o'.repeat(16)), followed.has('p'.repeat(16))], [true, false])
})

test('what the manager has is offered no more, and remembered for much longer than an order holds', (t) => {
  const followed = new FollowedOrders(openStore(':memory:'), collectingLog().log)
  followed.follow(of('o', 'a'))
  followed.follow(of('p', 'b', 2000))
  t.deepEqual(
    followed.untold(9).map(({ id }) => id[0]),
    ['o', 'p'],
  )
  t.is(followed.untold(1).length, 1)
  followed.acknowledged(followed.untold(1))
  t.deepEqual(
    followed.untold(9).map(({ id }) => id[0]),
    ['p'],
  )
  followed.follow(of('q', 'c', 20 * DAY))
  t.true(followed.has('o'.repeat(16)))
  followed.follow(of('r', 'd', 40 * DAY))
  t.false(followed.has('o'.repeat(16)))
  t.true(followed.has('p'.repeat(16)), 'the manager has not heard of this one')
})

test('an order that a manager out of a backup still has is told again, and followed by nobody', (t) => {
  const followed = new FollowedOrders(openStore(':memory:'), collectingLog().log)
  followed.follow(of('o', 'a'))
  followed.acknowledged(followed.untold(9))
  let heard = 0
  followed.subscribe(() => {
    heard += 1
  })
  followed.standAgain([])
  followed.standAgain(['x'.repeat(16)])
  t.deepEqual([heard, followed.untold(9)], [0, []])
  followed.standAgain(['o'.repeat(16)])
  t.is(heard, 1)
  t.deepEqual(followed.untold(9), [of('o', 'a')])
  t.false(followed.follow(of('o', 'b')))
})
