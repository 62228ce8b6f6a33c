import test from 'ava'
import { decide } from '../../../appliance/dhcp/decide.ts'
import { Discovers } from '../../../appliance/dhcp/discovers.ts'
import { exchangeOf } from '../../../appliance/dhcp/exchange.ts'
import type { DhcpPacket } from '../../../appliance/dhcp/packet.ts'
import { dhcpEvent } from '../../../appliance/observations.ts'
import { view } from '../timeline/boots.ts'
import { A, asking, B, chosenServer, context, ip, leaseTable, mac, NOW, request, text, UEFI, wanted } from './packets.ts'

const PI = mac('dc:a6:32:77:00:01')
const PI_DISCOVER = [{ code: 93, data: Buffer.of(0, 0) }, text(60, 'PXEClient:Arch:00000:UNDI:002001'), asking(1, 3, 43, 60, 66, 67)]

/** Each packet at its place in time, as the server has it. */
function talk(...packets: readonly (readonly [seconds: number, packet: DhcpPacket])[]) {
  const discovers = new Discovers()
  const leases = leaseTable()
  return packets.map(([seconds, packet]) => {
    const now = NOW + seconds * 1000
    const decision = decide(packet, 67, context({ leases, discovers, now }))
    leases.apply(decision.change)
    const exchange = exchangeOf(now, packet, decision, { discovers })
    if (exchange?.message === 'DISCOVER') discovers.remember(exchange.mac, packet, now)
    return { decision, exchange }
  })
}

const taking = (client = PI, xid = 7) => request('REQUEST', { mac: client, xid }, [chosenServer(), wanted('10.77.0.100')])

test('a REQUEST that says nothing of its client is answered as its DISCOVER was: boot data, lease time, and who asked', (t) => {
  const [offered, taken] = talk([0, request('DISCOVER', { mac: PI, xid: 7 }, PI_DISCOVER)], [3, taking()])
  const [offer, ack] = [offered, taken].map((one) => (one?.decision.kind === 'reply' ? one.decision : undefined))
  t.is(ack?.answer, 'ack')
  const data = (decision: typeof ack, code: number) => decision?.packet.options.find((option) => option.code === code)?.data
  for (const code of [43, 51, 60, 66]) t.deepEqual(data(ack, code), data(offer, code), `option ${code}`)
  t.truthy(data(ack, 43))
  t.is(ack?.packet.siaddr, ip('10.77.0.1'))
  t.like(taken?.exchange, { by: 'firmware', architecture: 'Raspberry Pi', address: ip('10.77.0.100') })
})

test('the diagnosis of that boot is not that no REQUEST came, and its stage shows the address', (t) => {
  const exchanges = talk([0, request('DISCOVER', { mac: PI, xid: 7 }, PI_DISCOVER)], [3, taking()])
  const events = exchanges.flatMap(({ exchange }, index) => (exchange ? [[index, dhcpEvent(exchange)] as const] : []))
  const shown = view(events, 100)
  t.regex(shown.diagnosis ?? '', /^one REQUEST, then no TFTP/)
  t.regex(shown.stages[0]?.detail ?? '', /Raspberry Pi, 10\.77\.0\.100/)
})

test('what another client, another exchange or one of long ago said does not count', (t) => {
  const discover = request('DISCOVER', { mac: A, xid: 7 }, UEFI)
  for (const [seconds, packet] of [
    [3, taking(A, 8)],
    [121, taking(A, 7)],
  ] as const) {
    t.is(talk([0, discover], [seconds, packet])[1]?.exchange?.by, 'initramfs')
  }
  t.is(talk([0, discover], [3, request('REQUEST', { mac: B, xid: 7 }, [wanted('192.168.1.1')])])[1]?.exchange?.by, 'initramfs')
  t.is(talk([0, discover], [120, taking(A, 7)])[1]?.exchange?.by, 'firmware')
})

test('what the REQUEST says itself wins', (t) => {
  const [, taken] = talk(
    [0, request('DISCOVER', { mac: A, xid: 7 }, UEFI)],
    [1, request('REQUEST', { mac: A, xid: 7 }, [...PI_DISCOVER, chosenServer(), wanted('10.77.0.100')])],
  )
  t.is(taken?.exchange?.architecture, 'BIOS PXE')
})

test('the memory is bounded: the one longest not heard is forgotten', (t) => {
  const discovers = new Discovers()
  const first = request('DISCOVER', { mac: A, xid: 1 }, UEFI)
  for (let xid = 1; xid <= 8193; xid += 1) discovers.remember(A, { ...first, xid }, NOW)
  t.deepEqual(discovers.said(A, 1, NOW), [])
  t.is(discovers.said(A, 2, NOW).length, 3)
})
