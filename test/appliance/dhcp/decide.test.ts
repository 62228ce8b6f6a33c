import test from 'ava'
import fc from 'fast-check'
import { decide } from '../../../appliance/dhcp/decide.ts'
import { bootServerDestination, destination } from '../../../appliance/dhcp/destination.ts'
import { exchangeOf } from '../../../appliance/dhcp/exchange.ts'
import { decodeDhcp, encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { QUARANTINE_SECONDS } from '../../../appliance/dhcp/terms.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { captureNames, dhcpIn } from '../wire/pcap.ts'
import {
  A,
  B,
  BIOS,
  bound,
  chosenServer,
  context,
  HTTP,
  IPXE,
  ip,
  LOCAL,
  leaseTable,
  NOW,
  option,
  permanent,
  reply,
  request,
  SERVER,
  silence,
  text,
  UEFI,
  wanted,
} from './packets.ts'

test('what is no request of an Ethernet station is dropped with a reason', (t) => {
  t.regex(silence(request('DISCOVER', { op: 2 })).reason, /op 2/)
  t.regex(silence(request('DISCOVER', { htype: 6 })).reason, /htype 6/)
  t.regex(
    silence(request('DISCOVER', { htype: 32, hlen: 0, chaddr: Buffer.alloc(16) })).reason,
    /InfiniBand station \(htype 32\).*Ethernet only/,
  )
  t.regex(silence(request('DISCOVER', { hlen: 16 })).reason, /hlen 16/)
  t.regex(silence(request('DISCOVER', { chaddr: Buffer.alloc(16) })).reason, /chaddr 0000/)
  t.regex(silence(request('DISCOVER', { chaddr: Buffer.alloc(16, 0xff) })).reason, /chaddr ffff/)
})

test('BOOTP, unknown and server message types are dropped with a reason', (t) => {
  t.regex(silence({ ...request('DISCOVER'), options: [] }).reason, /no DHCP message type/)
  t.regex(silence({ ...request('DISCOVER'), options: [{ code: 53, data: Buffer.of(9) }] }).reason, /no DHCP message type/)
  for (const type of ['OFFER', 'ACK', 'NAK'] as const) t.regex(silence(request(type)).reason, /for servers/)
})

test('nothing is answered when DHCP is off', (t) => {
  t.regex(silence(request('DISCOVER', {}, BIOS), { mode: 'off' }).reason, /off/)
})

test('RELEASE frees the lease of its owner, a permanent one too', (t) => {
  for (const lease of [bound(A, '10.77.0.100'), permanent(A, '10.77.0.100')]) {
    const { change } = silence(request('RELEASE', { ciaddr: ip('10.77.0.100') }, [chosenServer()]), { leases: leaseTable(lease) })
    t.deepEqual(change, { kind: 'free', subnet: LOCAL, mac: A, address: ip('10.77.0.100'), at: NOW })
  }
})

test('RELEASE by another MAC, for another server or of another address frees nothing', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  t.is(silence(request('RELEASE', { mac: B, ciaddr: ip('10.77.0.100') }), { leases }).change, undefined)
  t.is(silence(request('RELEASE', { ciaddr: ip('10.77.0.100') }, [chosenServer(ip('10.77.0.9'))]), { leases }).change, undefined)
  t.is(silence(request('RELEASE', { ciaddr: ip('10.77.0.101') }), { leases }).change, undefined)
  t.is(silence(request('RELEASE'), { leases }).change, undefined)
})

test('DECLINE by the owner puts the address into quarantine', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  const { change, reason } = silence(request('DECLINE', {}, [chosenServer(), wanted('10.77.0.100')]), { leases })
  t.deepEqual(change, { kind: 'decline', subnet: LOCAL, address: ip('10.77.0.100'), until: NOW + QUARANTINE_SECONDS * 1000 })
  t.regex(reason, /another machine answers/)
  leases.apply(change)
  t.is(reply(request('DISCOVER', {}, BIOS), { leases }).packet.yiaddr, ip('10.77.0.101'))
})

test('DECLINE of what is not its own changes nothing', (t) => {
  const leases = leaseTable(bound(A, '10.77.0.100'))
  t.is(silence(request('DECLINE', { mac: B }, [wanted('10.77.0.100')]), { leases }).change, undefined)
  t.is(silence(request('DECLINE', {}, [wanted('10.77.0.101')]), { leases }).change, undefined)
  t.is(silence(request('DECLINE'), { leases }).change, undefined)
})

test('INFORM is answered without an address and without times', (t) => {
  const decision = reply(request('INFORM', { ciaddr: ip('10.77.0.60') }, BIOS))
  t.is(decision.answer, 'ack')
  t.is(decision.packet.yiaddr, ip('0.0.0.0'))
  t.is(decision.packet.ciaddr, ip('10.77.0.60'))
  for (const code of [51, 58, 59]) t.is(option(decision, code), undefined)
  t.is(option(decision, 1), '\xff\xff\xff\x00')
  t.is(decision.change, undefined)
})

test('INFORM from nowhere or from a stranger is dropped', (t) => {
  silence(request('INFORM'))
  silence(request('INFORM', { ciaddr: ip('198.51.100.7') }))
  t.pass()
})

test('a proxy offers UEFI 54, 60, 97 and siaddr without 43, file and address', (t) => {
  const decision = reply(request('DISCOVER', {}, [...UEFI, { code: 97, data: Buffer.alloc(17, 1) }]), { mode: 'proxy' })
  t.deepEqual(
    decision.packet.options.map(({ code }) => code),
    [53, 54, 60, 97],
  )
  t.is(option(decision, 60), 'PXEClient')
  t.is(decision.packet.siaddr, SERVER)
  t.is(decision.packet.file.length, 0)
  t.is(decision.packet.yiaddr, ip('0.0.0.0'))
})

test('port 4011 then names the file, in every mode but off', (t) => {
  for (const mode of ['proxy', 'authoritative'] as const) {
    const decision = reply(request('REQUEST', { ciaddr: ip('10.77.0.60') }, UEFI), { mode }, 4011)
    t.is(decision.answer, 'ack')
    t.is(decision.packet.file.toString(), 'snponly.efi')
    t.is(option(decision, 60), 'PXEClient')
    t.is(option(decision, 43), undefined)
    t.is(option(decision, 51), undefined)
    t.is(decision.change, undefined)
  }
  silence(request('REQUEST', {}, UEFI), { mode: 'off' }, 4011)
  silence(request('RELEASE', {}, UEFI), {}, 4011)
})

test('a proxy offers BIOS the file with 43 = no discovery', (t) => {
  const decision = reply(request('DISCOVER', {}, BIOS), { mode: 'proxy' })
  t.is(option(decision, 43), '\x06\x01\x08\x0a\x04\x00PXE\xff')
  t.is(option(decision, 60), 'PXEClient')
  t.is(decision.packet.file.toString(), 'undionly.kpxe')
})

test('a proxy gives iPXE its script without telling it to ignore proxies', (t) => {
  const decision = reply(request('DISCOVER', {}, IPXE), { mode: 'proxy' })
  t.is(decision.packet.file.toString(), `http://10.77.0.1:8067/boot/${A}`)
  t.is(decision.packet.siaddr, SERVER)
  t.is(option(decision, 60), 'PXEClient')
  t.is(option(decision, 175), undefined)
})

test('a proxy answers HTTP boot with the class echoed and the URL', (t) => {
  const decision = reply(request('DISCOVER', {}, HTTP), { mode: 'proxy' })
  t.is(option(decision, 60), 'HTTPClient')
  t.is(option(decision, 67), 'http://10.77.0.1:8067/snponly.efi\0')
})

test('a proxy says nothing to systems, to REQUEST on port 67, RELEASE and DECLINE', (t) => {
  silence(request('DISCOVER', {}, [text(60, 'udhcp 1.37.0')]), { mode: 'proxy' })
  silence(request('REQUEST', {}, [...UEFI, chosenServer(ip('10.77.0.9')), wanted('10.77.0.60')]), { mode: 'proxy' })
  silence(request('REQUEST', {}, [...UEFI, chosenServer(), wanted('10.77.0.60')]), { mode: 'proxy' })
  silence(request('RELEASE', { ciaddr: ip('10.77.0.60') }), { mode: 'proxy' })
  silence(request('DECLINE', {}, [wanted('10.77.0.60')]), { mode: 'proxy' })
  t.pass()
})

test('replies go to the relay, else to the address the client has, else to everybody', (t) => {
  const ack = reply(request('REQUEST', {}, [chosenServer(), wanted('10.77.0.100')])).packet
  const relayed = { giaddr: ip('10.88.0.1'), ciaddr: ip('10.88.0.12'), flags: 0x8000 }
  t.deepEqual(destination(ack, request('REQUEST', relayed)), { address: ip('10.88.0.1'), port: 67 })
  t.deepEqual(destination(ack, request('REQUEST', { ciaddr: ip('10.77.0.9'), flags: 0x8000 })), { address: ip('10.77.0.9'), port: 68 })
  t.deepEqual(destination(ack, request('REQUEST', { flags: 0x8000 })), { address: ip('255.255.255.255'), port: 68 })
  t.deepEqual(destination(ack, request('REQUEST')), { address: ip('255.255.255.255'), port: 68 })
})

test('a NAK is broadcast although the client has an address, but goes to the relay', (t) => {
  const nak = reply(request('REQUEST', {}, [chosenServer(), wanted('10.99.0.1')])).packet
  t.deepEqual(destination(nak, request('REQUEST', { ciaddr: ip('10.99.0.1') })), { address: ip('255.255.255.255'), port: 68 })
  t.deepEqual(destination(nak, request('REQUEST', { giaddr: ip('10.88.0.1') })), { address: ip('10.88.0.1'), port: 67 })
})

test('port 4011 answers the port that asked', (t) => {
  t.deepEqual(bootServerDestination({ address: ip('10.77.0.60'), port: 4011 }), { address: ip('10.77.0.60'), port: 4011 })
  t.deepEqual(bootServerDestination({ address: ip('0.0.0.0'), port: 68 }), { address: ip('255.255.255.255'), port: 68 })
})

test('an exchange tells the timeline who asked, for what, and what it got', (t) => {
  const packet = request('DISCOVER', { xid: 7 }, IPXE)
  const exchange = {
    at: NOW,
    mac: A,
    xid: 7,
    message: 'DISCOVER',
    by: 'ipxe',
    architecture: 'iPXE on UEFI',
    uuid: undefined,
    answer: 'offer',
    reason: undefined,
    address: ip('10.77.0.100'),
  }
  t.deepEqual(exchangeOf(NOW, packet, decide(packet, 67, context())) as object, exchange)
  const smbios = Buffer.from('0044454c4c4c4c1020802080c04f202020', 'hex')
  const told = (data: Buffer) => {
    const asked = request('DISCOVER', {}, [{ code: 97, data }])
    return exchangeOf(NOW, asked, decide(asked, 67, context()))?.uuid
  }
  t.is(told(smbios), '4c4c4544-4c4c-2010-8020-80c04f202020')
  for (const none of [Buffer.alloc(17), Buffer.alloc(17, 0xff), smbios.subarray(1), Buffer.alloc(0)]) t.is(told(none), undefined)
  const stray = request('DISCOVER', { htype: 6 })
  t.is(exchangeOf(NOW, stray, decide(stray, 67, context())), undefined)
})

test('every captured request gets a decision, and the captured exchanges an offer and an ACK', (t) => {
  const requests = captureNames().flatMap((name) => dhcpIn(name).filter(({ destinationPort }) => destinationPort === 67))
  t.true(requests.length > 25)
  const setting = {
    serverAddress: ip('10.78.0.1'),
    local: {
      subnet: { network: ip('10.78.0.0'), prefix: 24 },
      pool: { first: ip('10.78.0.26'), last: ip('10.78.0.26') },
      router: undefined,
    },
  }
  for (const { bytes } of requests) {
    const decision = reply(decodeDhcp(bytes), setting)
    t.is(decision.packet.yiaddr, ip('10.78.0.26'))
    t.deepEqual(decodeDhcp(encodeDhcp(decision.packet)), decision.packet)
  }
})

test('no bytes make a decision throw, and every reply can be encoded', (t) => {
  const requests = captureNames()
    .flatMap((name) => dhcpIn(name))
    .filter(({ destinationPort }) => destinationPort === 67)
  const mutation = fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 }))
  const mode = fc.constantFrom('authoritative' as const, 'proxy' as const)
  fc.assert(
    fc.property(
      fc.constantFrom(...requests),
      fc.array(mutation, { maxLength: 12 }),
      mode,
      fc.constantFrom(67 as const, 4011 as const),
      ({ bytes }, mutations, chosen, port) => {
        const mutated = Buffer.from(bytes)
        for (const [offset, value] of mutations) mutated[offset % mutated.length] = value
        try {
          const packet = decodeDhcp(mutated)
          const decision = decide(packet, port, context({ mode: chosen }))
          if (decision.kind === 'reply') decodeDhcp(encodeDhcp(decision.packet))
          exchangeOf(NOW, packet, decision)
        } catch (error) {
          if (!(error instanceof WireError)) throw error
        }
      },
    ),
    { numRuns: 2000 },
  )
  t.pass()
})
