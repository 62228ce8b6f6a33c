// Fields that mean nothing in a message, as the field sends them: RFC 2131 table 5.
import { readFileSync } from 'node:fs'
import test from 'ava'
import { destination } from '../../../appliance/dhcp/destination.ts'
import { decodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { presentAddress, purposeOf } from '../../../appliance/dhcp/purpose.ts'
import { A, BIOS, bound, chosenServer, ip, leaseTable, reply, request, SERVER, silence, UEFI, wanted } from './packets.ts'

const EVERYBODY = { address: ip('255.255.255.255'), port: 68 }
const STALE = { ciaddr: ip('192.168.10.4') }
const NOBODY = ip('0.0.0.0')
const seen = (name: string) => decodeDhcp(Buffer.from(readFileSync(`test/fixtures/dhcp/${name}.hex`, 'utf8').trim(), 'hex'))

for (const name of ['discover-stale-ciaddr-foreign', 'discover-stale-ciaddr-foreign-pxe']) {
  test(`a DISCOVER with the ciaddr of another network is offered an address, to everybody: ${name}`, (t) => {
    const { packet } = reply(seen(name))
    t.is(packet.yiaddr, ip('10.77.0.100'))
    t.is(packet.ciaddr, NOBODY)
    t.deepEqual(destination(packet, seen(name)), EVERYBODY)
  })
}

test('a SELECTING REQUEST with a stale ciaddr gets what it selected, to everybody', (t) => {
  const packet = seen('request-selecting-with-stale-ciaddr')
  const decision = reply(packet)
  t.is(decision.answer, 'ack')
  t.is(decision.packet.yiaddr, ip('10.77.0.100'))
  t.is(decision.packet.ciaddr, NOBODY)
  t.deepEqual(destination(decision.packet, packet), EVERYBODY)
})

test('a stale ciaddr of a served subnet moves nobody there, nor to that address', (t) => {
  const elsewhere = { ciaddr: ip('10.88.0.12') }
  for (const packet of [request('DISCOVER', elsewhere, BIOS), request('REQUEST', elsewhere, [chosenServer(), wanted('10.77.0.104')])]) {
    const decision = reply(packet)
    t.regex(decision.packet.yiaddr, /^10\.77\.0\./)
    t.deepEqual(destination(decision.packet, packet), EVERYBODY)
  }
})

test('a stale ciaddr behind a relay, to a proxy and on port 4011 changes nothing', (t) => {
  const relayed = request('DISCOVER', { ...STALE, giaddr: ip('10.88.0.1') }, UEFI)
  t.is(reply(relayed).packet.yiaddr, ip('10.88.0.10'))
  t.deepEqual(destination(reply(relayed).packet, relayed), { address: ip('10.88.0.1'), port: 67 })
  const unrelayed = request('DISCOVER', STALE, UEFI)
  const offer = reply(unrelayed, { mode: 'proxy' }).packet
  t.deepEqual(destination(offer, unrelayed), EVERYBODY)
  t.is(reply(unrelayed, {}, 4011).packet.ciaddr, NOBODY)
  t.is(reply(request('REQUEST', { ciaddr: ip('10.77.0.60') }, UEFI), {}, 4011).packet.ciaddr, ip('10.77.0.60'))
})

test('a DECLINE with a stale ciaddr is heard', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  t.is(silence(request('DECLINE', STALE, [chosenServer(), wanted('10.77.0.100')]), { leases }).change?.kind, 'decline')
})

test('INIT-REBOOT with a stale ciaddr asks for what option 50 says, and is answered to everybody', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  const packet = request('REQUEST', STALE, [wanted('10.77.0.100')])
  t.is(purposeOf(packet).kind, 'init-reboot')
  t.deepEqual(destination(reply(packet, { leases }).packet, packet), EVERYBODY)
})

test('a renewal that says too much is a renewal: its own address by option 50 too, or the server that it is of', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  const renewing = { ciaddr: ip('10.77.0.100') }
  for (const more of [[wanted('10.77.0.100')], [chosenServer()]]) {
    const packet = request('REQUEST', renewing, more)
    const decision = reply(packet, { leases })
    t.is(decision.answer, 'ack')
    t.is(decision.packet.ciaddr, renewing.ciaddr)
    t.deepEqual(destination(decision.packet, packet), { address: renewing.ciaddr, port: 68 })
  }
  t.regex(
    silence(request('REQUEST', renewing, [chosenServer(ip('10.77.0.9'))]), { leases }).reason,
    /it chose the DHCP server 10\.77\.0\.9/,
  )
})

test('ciaddr says where a client is in renewals, INFORM and RELEASE alone', (t) => {
  const fields = { ciaddr: ip('10.77.0.60') }
  for (const type of ['REQUEST', 'INFORM', 'RELEASE'] as const) t.is(presentAddress(request(type, fields)), fields.ciaddr)
  for (const type of ['DISCOVER', 'DECLINE', 'OFFER', 'ACK', 'NAK'] as const) t.is(presentAddress(request(type, fields)), undefined)
  t.is(presentAddress(request('REQUEST', fields, [chosenServer(SERVER), wanted('10.77.0.60')])), undefined)
})
