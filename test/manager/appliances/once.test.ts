import test from 'ava'
import { isOver, ORDER_LIFE, refusedOrder, saidOver, toldOrder } from '../../../manager/appliances/once.ts'
import { bootPlan, bootsPush, plannedHost } from '../../../manager/protocol/appliance.ts'
import { macOf } from '../site.ts'

const ORDER = { id: 'o'.repeat(16), what: 'memtest', who: 'user ada', at: 1000 } as const
const host = { name: 'node07', trust: 'approved' }
const whole = { address: '10.77.0.1', version: '0.2.0', tools: ['memtest'] }
const bare = { address: '10.77.0.2', version: '0.2.0', tools: [] }
const old = { address: '10.77.0.3', version: '0.1.0' }

test('an order holds for a day', (t) => {
  t.is(ORDER_LIFE, 24 * 3600_000)
  t.false(isOver(ORDER, 1000 + ORDER_LIFE - 1))
  t.true(isOver(ORDER, 1000 + ORDER_LIFE))
  t.deepEqual(toldOrder(ORDER), { id: ORDER.id, what: 'memtest', until: 1000 + ORDER_LIFE })
  t.regex(saidOver(ORDER), /did not boot within 24 h of when user ada ordered memtest86\+/)
})

test('an order is refused to a rejected host, and where its appliance cannot do it, with what to do', (t) => {
  const ask = (what: 'local' | 'memtest', own: object | undefined, ...all: object[]) =>
    refusedOrder({ host, what, own: own as never, all: all as never })
  t.like(refusedOrder({ host: { name: 'x', trust: 'rejected' }, what: 'local', own: whole, all: [] }), { code: 'rejected' })
  t.is(refusedOrder({ host: { name: 'x', trust: 'pending' }, what: 'local', own: whole, all: [] }), undefined)
  t.is(ask('memtest', whole, whole, bare), undefined)
  const refused = ask('memtest', bare, whole, bare)
  t.is(refused?.code, 'no-memtest')
  t.regex(refused?.reason ?? '', /10\.77\.0\.2 has no memtest86\+: apt-get install memtest86\+/)
  t.is(ask('local', bare, bare), undefined)
  t.is(ask('local', old, old, whole)?.code, 'appliance-too-old')
  t.is(ask('memtest', undefined), undefined, 'none has told of itself yet: the console says it')
  t.is(ask('memtest', undefined, bare, whole, old), undefined)
  t.is(ask('memtest', undefined, bare, old)?.code, 'no-memtest')
})

test('an appliance that does not know of orders takes the plan and the host all the same, and so does one that knows no such kind', (t) => {
  const planned = { macs: [macOf(1)], name: 'node01', standing: 'known', once: { ...toldOrder(ORDER), what: 'firmware', later: 1 } }
  t.deepEqual(bootPlan.parse({ hosts: [planned] }).hosts[0]?.once, { ...toldOrder(ORDER), what: 'firmware' })
  const older = plannedHost.unwrap().omit({ once: true })
  t.deepEqual(older.parse(planned) as object, { macs: [macOf(1)], name: 'node01', standing: 'known' })
})

test('a boot of something else is told with what it is', (t) => {
  const boot = { id: 'b'.repeat(16), mac: macOf(1), started: 1, outcome: 'once', once: 'memtest', stages: [] }
  const appliance = { id: 'a'.repeat(16), version: '0.1.0', address: '10.0.0.1' }
  t.is(bootsPush.parse({ appliance, boots: [boot] }).boots[0]?.once, 'memtest')
  t.false(bootsPush.safeParse({ appliance, boots: [{ ...boot, once: 'x' }] }).success)
})
