import test from 'ava'
import { followedSource } from '../../../appliance/manager-link/order-push.ts'
import { ToolNews } from '../../../appliance/manager-link/tool-news.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { FollowedOrders } from '../../../appliance/store/followed-orders.ts'
import { attemptsPush } from '../../../manager/protocol/appliance.ts'
import { mac } from '../boot/plans.ts'
import { collectingLog } from '../wire/collecting-log.ts'

const self = { id: 's'.repeat(16), version: '0.1.0', address: '10.77.0.1', tools: [] }

test('orders that were followed are told until the manager has them, the first first', (t) => {
  const followed = new FollowedOrders(openStore(':memory:'), collectingLog().log)
  const source = followedSource(followed)
  t.is(source(), undefined)
  const order = { id: 'o'.repeat(16), attempt: 'a'.repeat(16), mac: mac('52:54:00:77:00:01'), what: 'local', at: 5 }
  followed.follow(order)
  const lost = source()
  t.deepEqual(attemptsPush.parse({ appliance: self, ...lost?.body }).followed, [order])
  const push = source()
  t.deepEqual(push, { ...lost, acknowledged: push?.acknowledged })
  followed.follow({ ...order, id: 'p'.repeat(16), attempt: 'b'.repeat(16) })
  push?.acknowledged()
  t.regex(JSON.stringify(source()?.body), /pppp/)
  t.notRegex(JSON.stringify(source()?.body), /oooo/)
})

test('what can be booted once from here is told at the start, when it changes, and when the manager may have missed it', (t) => {
  const news = new ToolNews([])
  const told = () => {
    const push = news.source()
    push?.acknowledged()
    return push !== undefined
  }
  t.truthy(attemptsPush.parse({ appliance: self, ...news.source()?.body }))
  t.true(told())
  t.false(told())
  news.found([])
  t.false(told())
  news.found(['memtest'])
  const late = news.source()
  t.deepEqual(news.there, ['memtest'])
  news.found([])
  late?.acknowledged()
  t.true(told(), 'it changed while that was on its way')
  news.again()
  t.true(told())
})
