import test from 'ava'
import fc from 'fast-check'
import type { Lease } from '../../../appliance/dhcp/lease.ts'
import { BootNews, bootRecordOf } from '../../../appliance/manager-link/boot-news.ts'
import { LeaseNews, piecesOf } from '../../../appliance/manager-link/lease-news.ts'
import { type AttemptView, viewOf } from '../../../appliance/timeline/timeline.ts'
import { ipv4FromNumber } from '../../../appliance/wire/addresses.ts'
import { bootsPush, leasesPush, MAX_APPLIANCE_BYTES } from '../../../manager/protocol/appliance.ts'
import { attemptOf, MAC, NORMAL, report, T0 } from '../timeline/boots.ts'

const self = { id: 's'.repeat(16), version: '0.1.0', address: '10.77.0.1' }
const idOf = (index: number) =>
  index
    .toString(4)
    .replace(/[0-3]/g, (digit) => 'abcd'.charAt(Number(digit)))
    .padStart(16, 'z')

function viewAt(index: number, detail = ''): AttemptView {
  const events = detail === '' ? NORMAL : [...NORMAL, [30, report('dom0', 'failed', { reason: detail })] as const]
  return { ...viewOf(attemptOf(events), { host: 'node01', superseded: false, now: T0 + 60_000 }), id: idOf(index), startedAt: T0 + index }
}

/** All that a source has to tell, acknowledged one by one. */
function drain(source: BootNews['source']): readonly object[] {
  const told: object[] = []
  for (let push = source(); push; push = source()) {
    told.push({ appliance: self, ...push.body })
    push.acknowledged()
  }
  return told
}

test('a boot is told with its stages, outcome and image, as the API shows it', (t) => {
  const record = bootRecordOf(viewAt(1))
  t.like(record, { id: idOf(1), mac: MAC, started: T0 + 1, outcome: 'up', generation: '0123456789abcdef' })
  t.deepEqual(
    record?.stages.map(({ stage }) => stage),
    ['firmware', 'ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up'],
  )
  t.is(record?.ended, record?.stages.at(-1)?.at)
})

test('whatever a machine says of its boot, what is told of it is one message that the manager takes', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (detail) => {
      const view = { ...viewAt(1, detail || 'x'), diagnosis: detail, xen: detail, kernel: detail }
      const record = bootRecordOf({ ...view, stages: view.stages.map((stage) => ({ ...stage, detail })) })
      t.truthy(record)
      t.true(bootsPush.safeParse({ appliance: self, boots: [record] }).success)
    }),
    { numRuns: 60 },
  )
})

test('all boots are told, the oldest first, in messages that the manager takes, and then only what has changed', (t) => {
  const views = Array.from({ length: 500 }, (_, index) => viewAt(index, '宇'.repeat(400))).toReversed()
  const news = new BootNews(views)
  const told = drain(news.source).map((push) => bootsPush.parse(push))
  t.true(told.every((push) => Buffer.byteLength(JSON.stringify(push)) < MAX_APPLIANCE_BYTES))
  t.deepEqual(
    told.flatMap(({ boots }) => boots.map(({ id }) => id)),
    views.map(({ id }) => id).toReversed(),
  )
  t.is(news.source(), undefined)
  news.changed(viewAt(3))
  const onItsWay = news.source()
  news.changed({ ...viewAt(3), state: 'stuck' })
  onItsWay?.acknowledged()
  t.regex(JSON.stringify(news.source()?.body), /"stuck"/, 'it changed while it was on its way')
  drain(news.source)
  news.again([viewAt(1)])
  t.is(drain(news.source).length, 1)
})

const leaseAt = (index: number): Lease => ({
  kind: 'bound',
  subnet: '10.0.0.0/8',
  mac: MAC,
  address: ipv4FromNumber(0x0a000000 + index),
  expires: T0,
})

test('leases are told whenever one has changed: together the pieces say all, and what is gone', (t) => {
  const book = { changes: 0, leases: Array.from({ length: 5000 }, (_, index) => leaseAt(index)), list: () => book.leases }
  const news = new LeaseNews(book)
  const told = drain(news.source).map((push) => leasesPush.parse(push))
  t.is(told.flatMap(({ leases }) => leases).length, 5000)
  t.deepEqual(
    told.map(({ after, upTo }) => [after, upTo]),
    [
      [undefined, '10.0.7.255'],
      ['10.0.7.255', '10.0.15.255'],
      ['10.0.15.255', undefined],
    ],
  )
  t.true(told.every((push) => Buffer.byteLength(JSON.stringify(push)) < MAX_APPLIANCE_BYTES))
  t.is(news.source(), undefined)
  book.changes += 1
  t.is(drain(news.source).length, 3)
  t.deepEqual(piecesOf([], 10), [{ leases: [] }])
})
