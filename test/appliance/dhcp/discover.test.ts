import test from 'ava'
import { destination } from '../../../appliance/dhcp/destination.ts'
import { OFFER_SECONDS } from '../../../appliance/dhcp/discover.ts'
import { FIRMWARE_LEASE_SECONDS, SYSTEM_LEASE_SECONDS } from '../../../appliance/dhcp/terms.ts'
import { parseMac } from '../../../appliance/wire/addresses.ts'
import {
  A,
  asking,
  B,
  BIOS,
  bound,
  context,
  HTTP,
  IPXE,
  ip,
  LOCAL,
  leaseTable,
  NOW,
  option,
  permanent,
  range,
  reply,
  request,
  SERVER,
  silence,
  text,
  UEFI,
  wanted,
} from './packets.ts'

const POOL_SIZE = 10

test('an unknown host is offered the first address of the pool, held for a minute', (t) => {
  const decision = reply(request('DISCOVER', {}, BIOS))
  t.is(decision.answer, 'offer')
  t.is(decision.packet.yiaddr, ip('10.77.0.100'))
  t.is(decision.packet.ciaddr, ip('0.0.0.0'))
  t.deepEqual(decision.change, { kind: 'offer', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), expires: NOW + OFFER_SECONDS * 1000 })
})

test('the reply repeats what the client is known by', (t) => {
  const { packet } = reply(request('DISCOVER', { xid: 0xdeadbeef, flags: 0x8000, secs: 9, hops: 1 }, BIOS))
  t.is(packet.op, 2)
  t.is(packet.xid, 0xdeadbeef)
  t.is(packet.flags, 0x8000)
  t.deepEqual(packet.chaddr, request('DISCOVER').chaddr)
  t.is(packet.hops, 0)
})

test('BIOS PXE gets undionly.kpxe in one complete offer without options 60 and 43', (t) => {
  const decision = reply(request('DISCOVER', {}, BIOS))
  t.is(decision.packet.siaddr, SERVER)
  t.is(decision.packet.file.toString(), 'undionly.kpxe')
  t.is(option(decision, 67), 'undionly.kpxe\0')
  t.is(option(decision, 66), '10.77.0.1')
  t.is(option(decision, 60), undefined)
  t.is(option(decision, 43), undefined)
})

test('UEFI PXE gets snponly.efi, UEFI HTTP a URL with its vendor class echoed', (t) => {
  t.is(reply(request('DISCOVER', {}, UEFI)).packet.file.toString(), 'snponly.efi')
  const http = reply(request('DISCOVER', {}, HTTP))
  t.is(option(http, 60), 'HTTPClient')
  t.is(option(http, 67), 'http://10.77.0.1:8067/snponly.efi\0')
})

test('iPXE gets its script and is told not to wait for proxies', (t) => {
  const decision = reply(request('DISCOVER', {}, IPXE))
  t.is(decision.packet.file.toString(), `http://10.77.0.1:8067/boot/${A}`)
  t.is(option(decision, 175), '\xb0\x01\x01')
  t.is(option(decision, 60), undefined)
})

test('66 and 67 come only when the client asks for them', (t) => {
  const unasked = BIOS.map((entry) => (entry.code === 55 ? asking(1, 3) : entry))
  const decision = reply(request('DISCOVER', {}, unasked))
  t.is(option(decision, 66), undefined)
  t.is(option(decision, 67), undefined)
  t.is(decision.packet.file.toString(), 'undionly.kpxe')
})

test('option 97 is given back as it came, junk too, and its absence is accepted', (t) => {
  const junk = { code: 97, data: Buffer.alloc(17, 0xff) }
  t.is(option(reply(request('DISCOVER', {}, [...BIOS, junk])), 97), junk.data.toString('latin1'))
  t.is(option(reply(request('DISCOVER', {}, BIOS)), 97), undefined)
})

test('two hosts with the same machine identifier and client id are two clients', (t) => {
  const same = [...BIOS, { code: 97, data: Buffer.alloc(17) }, text(61, 'same')]
  const leases = leaseTable()
  leases.apply(reply(request('DISCOVER', { mac: A }, same), { leases }).change)
  t.is(reply(request('DISCOVER', { mac: B }, same), { leases }).packet.yiaddr, ip('10.77.0.101'))
})

test('one host with another client id in each stage keeps its address', (t) => {
  const leases = leaseTable()
  const offers = [[...BIOS, text(61, 'rom')], [...IPXE, text(61, 'ipxe')], [text(60, 'udhcp 1.37.0')]].map((options) => {
    const decision = reply(request('DISCOVER', {}, options), { leases })
    leases.apply(decision.change)
    return decision.packet.yiaddr
  })
  t.deepEqual(new Set(offers), new Set([ip('10.77.0.100')]))
})

test('option 82 is echoed behind a relay, and giaddr kept', (t) => {
  const relayed = request('DISCOVER', { giaddr: ip('10.88.0.1') }, [{ code: 82, data: Buffer.of(1, 2, 3, 4) }, ...BIOS])
  const decision = reply(relayed)
  t.is(decision.packet.giaddr, ip('10.88.0.1'))
  t.is(decision.packet.yiaddr, ip('10.88.0.10'))
  t.is(option(decision, 82), '\x01\x02\x03\x04')
  t.is(option(decision, 3), '\x0a\x58\x00\x01')
  t.is(option(decision, 54), '\x0a\x4d\x00\x01')
})

test('a relay in a subnet that is not configured gets silence, and the operator a reason', (t) => {
  t.regex(silence(request('DISCOVER', { giaddr: ip('10.99.0.1') }, BIOS)).reason, /10\.99\.0\.1.*dhcp\.subnets/)
})

test('the same host has a lease in each subnet', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.105'))
  t.is(reply(request('DISCOVER', { giaddr: ip('10.88.0.1') }, BIOS), { leases }).packet.yiaddr, ip('10.88.0.10'))
  t.is(reply(request('DISCOVER', {}, BIOS), { leases }).packet.yiaddr, ip('10.77.0.105'))
})

test('a reservation wins over the lease, the request and the pool', (t) => {
  const hosts = [{ name: 'node01', mac: A, address: ip('10.77.0.21') }]
  const leases = leaseTable(bound(A, '10.77.0.105'))
  const decision = reply(request('DISCOVER', {}, [...BIOS, wanted('10.77.0.103'), asking(12)]), { hosts, leases })
  t.is(decision.packet.yiaddr, ip('10.77.0.21'))
})

test('a reserved host that was carried behind a relay gets an address of that pool', (t) => {
  const hosts = [{ name: 'node01', mac: A, address: ip('10.77.0.21') }]
  t.is(reply(request('DISCOVER', { giaddr: ip('10.88.0.1') }, BIOS), { hosts }).packet.yiaddr, ip('10.88.0.10'))
})

test('a reserved address that another host still has is not lent twice', (t) => {
  const hosts = [{ name: 'node01', mac: A, address: ip('10.77.0.105') }]
  const { reason, change } = silence(request('DISCOVER', {}, BIOS), { hosts, leases: leaseTable(permanent(B, '10.77.0.105')) })
  t.regex(reason, /its reserved address cannot be lent: 10\.77\.0\.105 is lent to 52:54:00:77:00:02/)
  t.is(change, undefined)
})

test('the reservation of our own address is refused', (t) => {
  t.regex(silence(request('DISCOVER', {}, BIOS), { hosts: [{ name: 'node01', mac: A, address: SERVER }] }).reason, /our own/)
})

test('a configured host without an address gets one of the pool, and its name when it asks', (t) => {
  const decision = reply(request('DISCOVER', {}, [asking(12)]), { hosts: [{ name: 'node01', mac: A }] })
  t.is(decision.packet.yiaddr, ip('10.77.0.100'))
  t.is(option(decision, 12), 'node01')
})

test('the previous address is preferred, even expired or given back', (t) => {
  for (const lease of [bound(A, '10.77.0.107', NOW - 1), { ...bound(A, '10.77.0.107', NOW - 1), kind: 'released' as const }]) {
    t.is(reply(request('DISCOVER', {}, [...BIOS, wanted('10.77.0.103')]), { leases: leaseTable(lease) }).packet.yiaddr, ip('10.77.0.107'))
  }
})

test('the previous address is lost when another host has it now', (t) => {
  const leases = leaseTable(bound(B, '10.77.0.107'))
  t.is(reply(request('DISCOVER', {}, BIOS), { leases }).packet.yiaddr, ip('10.77.0.100'))
})

test('the address that a DISCOVER asks for is given where it is free', (t) => {
  t.is(reply(request('DISCOVER', {}, [...BIOS, wanted('10.77.0.103')])).packet.yiaddr, ip('10.77.0.103'))
  for (const address of ['10.77.0.1', '10.77.0.255', '10.77.0.50', '10.99.0.9', '255.255.255.255']) {
    t.is(reply(request('DISCOVER', {}, [...BIOS, wanted(address)])).packet.yiaddr, ip('10.77.0.100'), address)
  }
})

test('never-used addresses come before used ones', (t) => {
  const leases = leaseTable(bound(B, '10.77.0.100', NOW - 1))
  t.is(reply(request('DISCOVER', {}, BIOS), { leases }).packet.yiaddr, ip('10.77.0.101'))
})

test('of used addresses the longest expired comes first', (t) => {
  const expired = Array.from({ length: POOL_SIZE }, (_, index) =>
    bound(host(index + 10), `10.77.0.${100 + index}`, NOW - (index === 6 ? 9000 : 1000)),
  )
  t.is(reply(request('DISCOVER', {}, BIOS), { leases: leaseTable(...expired) }).packet.yiaddr, ip('10.77.0.106'))
})

test('our address, the router, the edges of the subnet and reservations are never picked from the pool', (t) => {
  const setting = {
    local: { ...context().local, pool: range('10.77.0.0-10.77.0.255'), router: ip('10.77.0.2') },
    hosts: [{ name: 'other', mac: B, address: ip('10.77.0.3') }],
  }
  const leases = leaseTable()
  const offered = new Set<string>()
  for (let index = 0; index < 251; index += 1) {
    const decision = reply(request('DISCOVER', { mac: host(index) }, BIOS), { ...setting, leases })
    leases.apply(decision.change)
    offered.add(decision.packet.yiaddr)
  }
  t.is(offered.size, 251)
  for (const last of [0, 1, 2, 3, 255]) t.false(offered.has(`10.77.0.${last}`), `10.77.0.${last}`)
  silence(request('DISCOVER', { mac: host(900) }, BIOS), { ...setting, leases })
})

test('an exhausted pool is silence with the reason', (t) => {
  const leases = leaseTable(...Array.from({ length: POOL_SIZE }, (_, index) => bound(host(index), `10.77.0.${100 + index}`)))
  t.regex(
    silence(request('DISCOVER', {}, BIOS), { leases }).reason,
    /no free address in 10\.77\.0\.100-10\.77\.0\.109.*10 lent; widen the pool/,
  )
})

test('a pool full of permanent leases is said to be so', (t) => {
  const leases = leaseTable(...Array.from({ length: POOL_SIZE }, (_, index) => permanent(host(index), `10.77.0.${100 + index}`)))
  t.regex(
    silence(request('DISCOVER', {}, BIOS), { leases }).reason,
    /10 held by hosts that booted; release the leases of hosts that are gone/,
  )
})

test('a subnet without a pool gives nothing to hosts without a reservation', (t) => {
  t.regex(silence(request('DISCOVER', {}, BIOS), { local: { ...context().local, pool: undefined } }).reason, /no pool/)
})

test('a declined address rests, and is used again afterwards', (t) => {
  const local = { ...context().local, pool: range('10.77.0.100-10.77.0.100') }
  const resting = { kind: 'declined', subnet: LOCAL, address: ip('10.77.0.100'), expires: NOW + 1000 } as const
  t.regex(silence(request('DISCOVER', {}, BIOS), { local, leases: leaseTable(resting) }).reason, /1 declined/)
  t.is(reply(request('DISCOVER', {}, BIOS), { local, leases: leaseTable(resting), now: NOW + 1000 }).packet.yiaddr, ip('10.77.0.100'))
})

test('an offer shortens neither a bound nor a permanent lease', (t) => {
  t.is(reply(request('DISCOVER', {}, BIOS), { leases: leaseTable(bound(A, '10.77.0.105')) }).change, undefined)
  t.is(reply(request('DISCOVER', {}, BIOS), { leases: leaseTable(permanent(A, '10.77.0.105')) }).change, undefined)
  t.is(reply(request('DISCOVER', {}, BIOS), { leases: leaseTable(bound(A, '10.77.0.105', NOW + 10)) }).change?.kind, 'offer')
})

test('firmware is lent addresses for minutes, systems for an hour, a host on its permanent lease for ever', (t) => {
  const seconds = (options: Parameters<typeof request>[2], leases = leaseTable()) =>
    Buffer.from(option(reply(request('DISCOVER', {}, options), { leases }), 51) ?? '', 'latin1').readUInt32BE(0)
  t.is(seconds(BIOS), FIRMWARE_LEASE_SECONDS)
  t.is(seconds(IPXE), FIRMWARE_LEASE_SECONDS)
  t.is(seconds([text(60, 'udhcp 1.37.0')]), SYSTEM_LEASE_SECONDS)
  t.is(seconds([text(60, 'udhcp 1.37.0')], leaseTable(permanent(A, '10.77.0.105'))), 0xffffffff)
})

test('renewal and rebinding times are a half and seven eighths of the lease', (t) => {
  const decision = reply(request('DISCOVER', {}, BIOS))
  t.is(option(decision, 58), '\x00\x00\x01\x2c')
  t.is(option(decision, 59), '\x00\x00\x02\x0d')
})

test('a malformed option 93 of HTTP boot, whose class says nothing else, gets an address, no boot file, and a reason', (t) => {
  for (const data of [Buffer.alloc(0), Buffer.of(0), Buffer.of(0, 7, 0)]) {
    const decision = reply(request('DISCOVER', {}, [{ code: 93, data }, text(60, 'HTTPClient')]))
    t.is(decision.packet.file.length, 0)
    t.regex(decision.reason ?? '', /option 93 is malformed/)
  }
})

test('a DISCOVER from an address of another network gets no reply that it could reflect', (t) => {
  const packet = request('DISCOVER', { ciaddr: ip('198.51.100.7') }, BIOS)
  t.is(destination(reply(packet).packet, packet).address, ip('255.255.255.255'))
})

function host(index: number) {
  const mac = parseMac(`525400880${index.toString(16).padStart(3, '0')}`)
  if (!mac) throw new Error('unreachable')
  return mac
}
