import test from 'ava'
import { standingOf } from '../../../appliance/dhcp/decision.ts'
import { senderOf } from '../../../appliance/dhcp/dropped.ts'
import { encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { ReceiveQueue } from '../../../appliance/dhcp/queue.ts'
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
  t.is(queue.takeDropped(), 70_000 - 512)
  t.is(queue.takeDropped(), 0)
  t.is(queue.take()?.item, 70_000 - 512, 'the oldest went')
})

test('each class has a bound of its own', (t) => {
  const queue = new ReceiveQueue<number>({ known: 2, unknown: 1 })
  for (const item of [1, 2, 3]) queue.push(item, 'known')
  for (const item of [4, 5]) queue.push(item, 'unknown')
  t.deepEqual([queue.take()?.item, queue.take()?.item, queue.take()?.item, queue.take()], [2, 3, 5, undefined])
  t.is(queue.takeDropped(), 2)
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
