import test from 'ava'
import { standingOf } from '../../../appliance/dhcp/decision.ts'
import { senderOf } from '../../../appliance/dhcp/dropped.ts'
import { encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { peekMessage } from '../../../appliance/dhcp/peek.ts'
import { LATE, ReceiveQueue } from '../../../appliance/dhcp/queue.ts'
import { A, B, BIOS, bound, context, ip, leaseTable, mac, NOW, permanent, request } from './packets.ts'

const C = mac('52:54:00:77:00:03')

test('known machines are answered before unknown ones, each in their order', (t) => {
  const queue = new ReceiveQueue<string>()
  queue.push('u1', 'unknown')
  queue.push('k1', 'known')
  queue.push('u2', 'unknown')
  queue.push('k2', 'known')
  const taken = Array.from({ length: 5 }, () => queue.take()?.item)
  t.deepEqual(taken, ['k1', 'k2', 'u1', 'u2', undefined])
  t.true(queue.isEmpty)
})

test('a reserved machine that comes last in a flood of 70,000 is answered first, and the flood is bounded', (t) => {
  const queue = new ReceiveQueue<number>()
  for (let index = 0; index < 70_000; index += 1) queue.push(index, 'unknown')
  queue.push(-1, 'known')
  t.deepEqual(queue.take(), { item: -1, standing: 'known' })
  t.is(queue.takeDropped(), 70_000 - 2048)
  t.is(queue.takeDropped(), 0)
  t.is(queue.take()?.item, 70_000 - 2048, 'the oldest went')
})

test('each class has a bound of its own', (t) => {
  const queue = new ReceiveQueue<number>({ known: 2, unknown: 1 })
  for (const item of [1, 2, 3]) queue.push(item, 'known')
  for (const item of [4, 5]) queue.push(item, 'unknown')
  t.deepEqual([queue.take()?.item, queue.take()?.item, queue.take()?.item, queue.take()], [2, 3, 5, undefined])
  t.is(queue.takeDropped(), 2)
})

test('who takes our offer goes before who asks for one, and known machines before strangers', (t) => {
  const queue = new ReceiveQueue<string>()
  queue.push('u', 'unknown')
  queue.push('b', 'begun')
  queue.push('k', 'known')
  queue.push('t', 'taking')
  t.deepEqual(
    Array.from({ length: 5 }, () => queue.take()?.item),
    ['t', 'k', 'b', 'u', undefined],
  )
})

test('when we are late the newest goes first, known machines before all', (t) => {
  const queue = new ReceiveQueue<string>()
  for (const [at, item] of ['u1', 'k1', 'k2', 'k3', 'u2'].entries()) queue.push(item, item.startsWith('k') ? 'known' : 'unknown', at)
  const now = LATE + 2
  t.deepEqual(
    Array.from({ length: 5 }, () => queue.take(now)?.item),
    ['k3', 'k2', 'k1', 'u2', 'u1'],
  )
})

test('what has waited for more than four seconds is not answered, and counted', (t) => {
  const queue = new ReceiveQueue<number>()
  for (let second = 0; second < 10; second += 1) queue.push(second, second % 2 === 0 ? 'known' : 'unknown', second * 1000)
  const taken = Array.from({ length: 10 }, () => queue.take(9500)?.item)
  t.deepEqual(taken, [8, 6, 9, 7, ...Array(6).fill(undefined)])
  t.is(queue.takeDropped(), 6)
  t.true(queue.isEmpty)
})

test('a queue that is filled, emptied and filled again keeps its order and its bound', (t) => {
  const queue = new ReceiveQueue<number>({ known: 3, unknown: 3 })
  const taken: (number | undefined)[] = []
  for (let item = 0; item < 20; item += 2) {
    queue.push(item, 'known')
    queue.push(item + 1, 'known')
    taken.push(queue.take()?.item)
  }
  t.deepEqual(taken, [0, 1, 3, 5, 7, 9, 11, 13, 15, 17])
  queue.clear()
  t.true(queue.isEmpty)
  queue.push(1, 'known')
  t.is(queue.take()?.item, 1)
})

test('a REQUEST of who was offered an address goes on with an exchange; his DISCOVER does not', (t) => {
  const seen = context({ leases: leaseTable({ ...bound(C, '10.77.0.102'), kind: 'offered' }) })
  t.is(standingOf(C, seen, 'REQUEST'), 'begun')
  t.is(standingOf(C, seen), 'unknown')
  t.is(standingOf(A, seen, 'REQUEST'), 'unknown')
  t.is(standingOf(A, context({ leases: leaseTable(bound(A, '10.77.0.100')) }), 'REQUEST'), 'taking')
})

test('what a datagram asks for shows before it is decoded', (t) => {
  const bytes = encodeDhcp(request('REQUEST', {}, BIOS))
  t.is(peekMessage(bytes), 'REQUEST')
  t.is(peekMessage(encodeDhcp(request('DISCOVER', {}, BIOS))), 'other')
  const later = Buffer.concat([bytes.subarray(0, 240), Buffer.of(0, 12, 1, 65), bytes.subarray(240)])
  t.is(peekMessage(later), 'REQUEST')
  for (let length = 0; length < 243; length += 1) t.is(peekMessage(bytes.subarray(0, length)), 'other')
  t.is(peekMessage(Buffer.alloc(300)), 'other')
})

test('known is who is in the config, by any NIC, and who has a lease; an offer makes nobody known', (t) => {
  const offered = { ...bound(C, '10.77.0.102'), kind: 'offered' } as const
  const seen = context({
    hosts: [{ name: 'node01', mac: A, bond: { members: [A, B] } }],
    leases: leaseTable(
      offered,
      bound(mac('52:54:00:77:00:04'), '10.77.0.103', NOW - 1),
      permanent(mac('52:54:00:77:00:05'), '10.77.0.104'),
      {
        ...bound(mac('52:54:00:77:00:06'), '10.88.0.12'),
        subnet: '10.88.0.0/24',
      },
    ),
  })
  for (const known of [A, B, ...[4, 5, 6].map((last) => mac(`52:54:00:77:00:0${last}`))]) t.is(standingOf(known, seen), 'known')
  for (const unknown of [C, mac('52:54:00:77:00:09'), undefined]) t.is(standingOf(unknown, seen), 'unknown')
})

test('whose a datagram is shows before it is decoded', (t) => {
  const bytes = encodeDhcp(request('DISCOVER', { mac: B, giaddr: ip('10.88.0.1') }, BIOS))
  t.is(senderOf(bytes), B)
  for (let length = 0; length < 34; length += 1) t.is(senderOf(bytes.subarray(0, length)), undefined)
  t.is(senderOf(Buffer.concat([Buffer.of(1, 32, 0), bytes.subarray(3)])), undefined)
})
