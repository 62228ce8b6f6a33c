import test from 'ava'
import fc from 'fast-check'
import { judge, nextToStart, type Reporting } from '../../../../../manager/automations/guests/upkeep/judge.ts'
import { running, uuidOf } from '../../../claims/hosts.ts'
import { report } from '../../../connectivity/inventories.ts'

const WEB1 = { uuid: uuidOf(1), name: 'web1', since: 100 }
const reporting = (given: object, booted: number, reported = booted + 10): Reporting => ({
  booted,
  reported,
  inventory: report(given as never),
})
const there = { guests: [running(1)] }

test('what ran before its host booted is to start, once that has reported since; what went in this boot has ended', (t) => {
  t.is(judge(WEB1, reporting({}, 200)).kind, 'to start')
  t.is(judge(WEB1, reporting({}, 200, 150)).kind, 'unknown', 'a report of the boot before')
  t.is(judge(WEB1, reporting({}, 50)).kind, 'gone')
  t.is(judge(WEB1, reporting(there, 200)).kind, 'runs')
  const unread = { problems: [{ section: 'guests', source: 'xl list -v', reason: 'hung', lacks: 'items' }] }
  t.is(judge(WEB1, reporting(unread, 200)).kind, 'unknown', 'what could not be read is not empty')
})

test('one that its agent does not start again stays down, with or without a domain', (t) => {
  const down = { guests: [running(1, { restarts: { count: 5, stays: 'down' } })] }
  t.is(judge(WEB1, reporting(down, 50)).kind, 'stays down')
  const reason = 'guest web1 stays down: it ended 5 times in 10 minutes'
  const told = { problems: [{ section: 'guests', source: '/run/hostless/guests', reason, lacks: 'detail' }] }
  t.deepEqual(judge(WEB1, reporting(told, 50)), { kind: 'stays down', why: reason })
  t.is(judge({ ...WEB1, name: 'web' }, reporting(told, 50)).kind, 'gone', 'another guest whose name begins so')
})

test('guests start by order, never more at once than may be, and all come to their turn', (t) => {
  const one = fc.record({ uuid: fc.uuid(), name: fc.string(), order: fc.integer({ min: 0, max: 4 }) })
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ({ uuid }) => uuid }), fc.integer({ min: 1, max: 5 }), (all, most) => {
      let waiting = [...all]
      const orders: number[] = []
      while (waiting.length > 0) {
        const turn = nextToStart(waiting, [], most)
        t.true(turn.length > 0 && turn.length <= most)
        t.true(nextToStart(waiting, turn, most).length + turn.length <= most)
        orders.push(...turn.map(({ order }) => order))
        waiting = waiting.filter((other) => !turn.includes(other))
      }
      t.deepEqual(orders, [...orders].sort())
    }),
  )
})
