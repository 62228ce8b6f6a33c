import test from 'ava'
import { hostKeyOf } from '../../../appliance/boot/known-host.ts'
import { destination } from '../../../appliance/dhcp/destination.ts'
import { optionData } from '../../../appliance/dhcp/fields.ts'
import type { Lease } from '../../../appliance/dhcp/lease.ts'
import { withoutChange } from '../../../appliance/dhcp/reply.ts'
import { openStore } from '../../../appliance/store/database.ts'
import { Leases } from '../../../appliance/store/leases.ts'
import {
  A,
  B,
  BIOS,
  bound,
  chosenServer,
  IPXE,
  ip,
  LOCAL,
  leaseTable,
  NOW,
  option,
  permanent,
  reply,
  request,
  silence,
  text,
  wanted,
} from './packets.ts'

const offered = (address: string) => ({ ...bound(A, address, NOW + 60_000), kind: 'offered' }) as const

test('SELECTING our offer is acknowledged with that address, and bound first', (t) => {
  const decision = reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100'), ...BIOS]), {
    leases: leaseTable(offered('10.77.0.100')),
  })
  t.is(decision.answer, 'ack')
  t.is(decision.packet.yiaddr, ip('10.77.0.100'))
  t.deepEqual(decision.change, { kind: 'bind', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), expires: NOW + 600_000 })
  t.is(option(decision, 54), '\x0a\x4d\x00\x01')
})

test('the ACK carries the same boot data as the offer', (t) => {
  const offer = reply(request('DISCOVER', {}, IPXE))
  const ack = reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100'), ...IPXE]))
  t.deepEqual(ack.packet.file, offer.packet.file)
  t.is(option(ack, 175), option(offer, 175))
})

test('SELECTING another server frees our offer without a word', (t) => {
  const packet = request('REQUEST', {}, [chosenServer(ip('10.77.0.9')), wanted('10.77.0.200'), ...BIOS])
  const decision = silence(packet, { leases: leaseTable(offered('10.77.0.100')) })
  t.deepEqual(decision.change, { kind: 'free', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), at: NOW })
  t.regex(decision.reason, /10\.77\.0\.9/)
})

test('SELECTING another server does not end a lease that the host runs on', (t) => {
  const packet = request('REQUEST', {}, [chosenServer(ip('10.77.0.9')), wanted('10.77.0.200')])
  t.is(silence(packet, { leases: leaseTable(permanent(A, '10.77.0.100')) }).change, undefined)
  t.is(silence(packet, { leases: leaseTable(bound(A, '10.77.0.100')) }).change, undefined)
})

test('SELECTING us after the offer has lapsed is acknowledged while the address is free', (t) => {
  t.is(reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.104')])).answer, 'ack')
  const leases = leaseTable(bound(B, '10.77.0.104'))
  t.is(reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.104')]), { leases }).answer, 'nak')
})

const NOT_OURS: readonly (readonly [address: string, why: RegExp])[] = [
  ['10.77.0.1', /our own/],
  ['10.77.0.254', /router/],
  ['10.77.0.0', /no host's address/],
  ['10.77.0.255', /no host's address/],
  ['10.77.0.50', /not in the pool/],
  ['10.77.0.105', /lent to 52:54:00:77:00:02/],
  ['10.77.0.106', /reserved for other/],
  ['10.77.0.107', /declined/],
  ['10.99.0.5', /not in 10\.77\.0\.0\/24/],
]

for (const [address, why] of NOT_OURS) {
  test(`SELECTING ${address}, which is not ours to give to this host, is a NAK that says why`, (t) => {
    const leases = leaseTable(bound(B, '10.77.0.105'), { kind: 'declined', subnet: LOCAL, address: ip('10.77.0.107'), expires: NOW + 1 })
    const hosts = [{ name: 'other', mac: B, address: ip('10.77.0.106') }]
    const decision = reply(request('REQUEST', {}, [chosenServer(), wanted(address)]), { leases, hosts })
    t.is(decision.answer, 'nak')
    t.is(decision.change, undefined)
    t.regex(decision.reason ?? '', why)
    t.regex(option(decision, 56) ?? '', why)
    t.is(decision.packet.yiaddr, ip('0.0.0.0'))
    t.is(option(decision, 51), undefined)
  })
}

test('another address than the one requested is never acknowledged', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  const decision = reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.101')]), { leases })
  t.is(decision.answer, 'nak')
  t.regex(decision.reason ?? '', /lease is 10\.77\.0\.100/)
})

test('a REQUEST for something else than the reservation is a NAK, for the reservation an ACK', (t) => {
  const hosts = [{ name: 'node01', mac: A, address: ip('10.77.0.21') }]
  const leases = leaseTable(bound(A, '10.77.0.100'))
  t.is(reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100')]), { hosts, leases }).answer, 'nak')
  t.is(reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.21')]), { hosts, leases }).packet.yiaddr, ip('10.77.0.21'))
})

test('SELECTING that names no address, or no server and no address, is dropped', (t) => {
  t.regex(silence(request('REQUEST', {}, [chosenServer()])).reason, /no address/)
  t.regex(silence(request('REQUEST')).reason, /neither/)
  t.regex(silence(request('REQUEST', {}, [{ code: 50, data: Buffer.alloc(4) }])).reason, /neither/)
  t.regex(silence(request('REQUEST', {}, [{ code: 50, data: Buffer.of(10, 77, 0) }])).reason, /neither/)
})

test('INIT-REBOOT of a known client is acknowledged', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100', NOW - 1))
  t.is(reply(request('REQUEST', {}, [wanted('10.77.0.100')]), { leases }).packet.yiaddr, ip('10.77.0.100'))
})

test('INIT-REBOOT of an unknown client in our subnet is silence', (t) => {
  t.regex(silence(request('REQUEST', {}, [wanted('10.77.0.104')])).reason, /unknown client/)
  t.regex(silence(request('REQUEST', {}, [wanted('10.77.0.60')])).reason, /unknown client/)
})

test('INIT-REBOOT with an address of another network is a NAK', (t) => {
  t.is(reply(request('REQUEST', {}, [wanted('192.168.1.20')])).answer, 'nak')
})

test('INIT-REBOOT with another address than its own is a NAK', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  t.is(reply(request('REQUEST', {}, [wanted('10.77.0.104')]), { leases }).answer, 'nak')
})

test('RENEWING is acknowledged with ciaddr and extended', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100', NOW + 5000))
  const decision = reply(request('REQUEST', { ciaddr: ip('10.77.0.100') }, [text(60, 'udhcp')]), { leases })
  t.is(decision.packet.yiaddr, ip('10.77.0.100'))
  t.is(decision.packet.ciaddr, ip('10.77.0.100'))
  t.like(decision.change, { kind: 'bind', expires: NOW + 3600_000 })
})

test('RENEWING an address that another host has is a NAK', (t) => {
  t.is(reply(request('REQUEST', { ciaddr: ip('10.77.0.100') }), { leases: leaseTable(bound(B, '10.77.0.100')) }).answer, 'nak')
})

test('RENEWING a free address that we have no record of is acknowledged: the store was lost, the host was not', (t) => {
  t.is(reply(request('REQUEST', { ciaddr: ip('10.77.0.104') })).change?.kind, 'bind')
})

test('a renewal from behind a relay, which comes past it, is found by ciaddr', (t) => {
  const lease = { kind: 'bound', subnet: '10.88.0.0/24', mac: A, address: ip('10.88.0.12'), expires: NOW + 9 } as const
  const decision = reply(request('REQUEST', { ciaddr: ip('10.88.0.12') }), { leases: leaseTable(lease) })
  t.is(decision.packet.yiaddr, ip('10.88.0.12'))
  t.is(option(decision, 3), '\x0a\x58\x00\x01')
})

test('a REQUEST whose ciaddr and requested address differ gets no ACK that it could point elsewhere', (t) => {
  const packet = request('REQUEST', { ciaddr: ip('198.51.100.7') }, [chosenServer(), wanted('10.77.0.104')])
  t.is(destination(reply(packet).packet, packet).address, ip('255.255.255.255'))
})

test('a permanent lease is acknowledged without a change, and only to its own host', (t) => {
  const leases = leaseTable(permanent(A, '10.77.0.100'))
  const own = reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100')]), { leases })
  t.is(own.answer, 'ack')
  t.is(own.change, undefined)
  const tenYears = NOW + 10 * 365 * 86_400_000
  t.is(reply(request('REQUEST', { mac: B }, [chosenServer(), wanted('10.77.0.100')]), { leases, now: tenYears }).answer, 'nak')
})

test('a NAK behind a relay sets the broadcast flag and echoes option 82', (t) => {
  const packet = request('REQUEST', { giaddr: ip('10.88.0.1') }, [
    chosenServer(),
    wanted('10.77.0.100'),
    { code: 82, data: Buffer.of(1, 0) },
  ])
  const decision = reply(packet)
  t.is(decision.answer, 'nak')
  t.is(decision.packet.flags, 0x8000)
  t.is(option(decision, 82), '\x01\x00')
})

test('an ACK that could not be written promises what the lease has left, and nothing where there is none', (t) => {
  const packet = request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100')])
  const seconds = (expires: number) => {
    const decision = reply(packet, { leases: leaseTable(bound(A, '10.77.0.100', expires)) })
    const left = withoutChange(decision, new Error('full'))
    return left.kind === 'reply' ? optionData(left.packet, 51)?.readUInt32BE(0) : undefined
  }
  t.is(seconds(NOW + 90_500), 90)
  t.is(seconds(NOW + 999), undefined)
  t.is(seconds(NOW - 1), undefined)
  t.is(reply(packet).unchanged, undefined)
})

test('who asks again within the first quarter is told what is left, and nothing is written; later it is lent anew', (t) => {
  const packet = request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100'), ...BIOS])
  const told = (lease: Lease) => {
    const decision = reply(packet, { leases: leaseTable(lease) })
    return [optionData(decision.packet, 51)?.readUInt32BE(0), decision.change && 'expires' in decision.change && decision.change.expires]
  }
  const anew = [600, NOW + 600_000]
  t.deepEqual(told(bound(A, '10.77.0.100', NOW + 599_999)), [599, undefined])
  t.deepEqual(told(bound(A, '10.77.0.100', NOW + 450_000)), [450, undefined])
  t.deepEqual(told(bound(A, '10.77.0.100', NOW + 449_999)), anew)
  t.deepEqual(told(bound(A, '10.77.0.100', NOW + 1e9)), [600, undefined], 'never more than it would be')
  t.deepEqual(told(offered('10.77.0.100')), anew)
  t.deepEqual(told({ ...bound(A, '10.77.0.100'), subnet: '10.77.0.0/16' }), anew, 'a subnet of another config')
  const offer = reply(request('DISCOVER', {}, BIOS), { leases: leaseTable(bound(A, '10.77.0.100', NOW + 500_000)) })
  t.is(optionData(offer.packet, 51)?.readUInt32BE(0), 500, 'the offer says the same')
})

test('another NIC of the host is lent its address anew', (t) => {
  const hosts = [{ name: 'node01', mac: A, bond: { members: [A, B] } }]
  const packet = request('REQUEST', { mac: B }, [chosenServer(), wanted('10.77.0.100'), ...BIOS])
  const store = new Leases(openStore(':memory:'), () => NOW, hostKeyOf(hosts))
  store.commit({ kind: 'bind', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), expires: NOW + 600_000 })
  t.like(reply(packet, { hosts, leases: store }).change, { kind: 'bind', mac: B })
})
