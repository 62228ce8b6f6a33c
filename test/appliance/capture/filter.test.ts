import test from 'ava'
import { captureFilter, DHCP_FILTER, MOST_MACS } from '../../../appliance/capture/filter.ts'
import { macFromBytes } from '../../../appliance/wire/addresses.ts'
import { assemble, IF, jump, label, PASS, step } from '../../../appliance/wire/bpf.ts'
import { passedBy } from './kernel.ts'
import {
  ALL,
  arp,
  discover,
  ethernet,
  HOST,
  HOST_ADDRESS,
  ipv4,
  OTHER,
  OTHER_ADDRESS,
  OUR_ADDRESS,
  TO_HOST,
  TO_OTHER,
  tcp,
  US,
  udp,
} from './wires.ts'

const FILTER = captureFilter({ macs: [HOST], address: HOST_ADDRESS })
const whole = (frame: Buffer, filter = FILTER) => passedBy(filter, frame) === frame.length
const small = Buffer.from('GET /boot/52:54:00:77:00:01 HTTP/1.1\r\n\r\n')

test('what a host sends and what is sent to it passes whole: requests, their answers, DHCP both ways, ARP about it, Router Advertisements', (t) => {
  t.true(whole(tcp({ from: HOST, to: US }, small)))
  t.true(whole(tcp(TO_HOST, Buffer.alloc(1024, 'x'))))
  t.true(whole(udp({ from: HOST, to: US }, 2070, 69, Buffer.from('\0\x01snponly.efi\0octet\0'))))
  t.true(whole(discover(HOST)))
  const offer = udp({ from: US, to: ALL }, 67, 68, discover(HOST).subarray(42))
  t.true(whole(offer), 'by broadcast: its address is in the message alone')
  t.true(whole(udp({ from: US, to: ALL }, 4011, 4011, discover(HOST).subarray(42))))
  t.true(whole(arp({ from: US, to: ALL, source: OUR_ADDRESS, destination: HOST_ADDRESS })))
  const advertisement = Buffer.alloc(48)
  advertisement[6] = 58
  advertisement[40] = 134
  t.true(whole(ethernet({ from: US, to: ALL }, 0x86dd, advertisement)))
})

test('nothing of others passes: neither what they send, nor what is sent to them, nor DHCP, ARP or ICMPv6 about them', (t) => {
  const others = [
    tcp(TO_OTHER, small),
    tcp({ from: OTHER, to: US, source: OTHER_ADDRESS }, small),
    discover(OTHER),
    udp({ from: US, to: ALL }, 67, 68, discover(OTHER).subarray(42)),
    arp({ from: OTHER, to: ALL, source: OTHER_ADDRESS, destination: OUR_ADDRESS }),
    arp({ from: US, to: ALL, source: OUR_ADDRESS, destination: OTHER_ADDRESS }),
    ethernet({ from: OTHER, to: ALL }, 0x86dd, Buffer.alloc(48, 58)),
    // Its address, and another's frame: whose address that is now.
    tcp({ from: US, to: OTHER, destination: HOST_ADDRESS }, small),
  ]
  for (const [index, frame] of others.entries()) t.is(passedBy(FILTER, frame), 0, String(index))
})

test('of files, large messages and fragments only the beginning passes, headers whole', (t) => {
  const header = 14 + 20 + 32
  t.is(passedBy(FILTER, tcp(TO_HOST, Buffer.alloc(1448))), header + 128)
  t.is(passedBy(FILTER, tcp(TO_HOST, Buffer.alloc(60_000))), header + 128, 'segments that the NIC will cut')
  t.is(passedBy(FILTER, udp(TO_HOST, 30_000, 2070, Buffer.alloc(1432))), 14 + 20 + 8 + 128, 'a block of TFTP')
  t.is(passedBy(FILTER, ipv4(TO_HOST, 17, Buffer.alloc(1480), 185)), 128)
  t.true(whole(udp(TO_HOST, 30_000, 2070, Buffer.alloc(256))))
})

test('a host behind a relay is known by its address, and by its MAC in DHCP', (t) => {
  const relayed = captureFilter({ macs: [HOST], address: HOST_ADDRESS, relayed: true })
  const RELAY = OTHER
  t.true(whole(tcp({ from: US, to: RELAY, destination: HOST_ADDRESS }, small), relayed))
  t.true(whole(tcp({ from: RELAY, to: US, source: HOST_ADDRESS, destination: OUR_ADDRESS }, small), relayed))
  t.true(whole(discover(HOST, { from: RELAY, to: US, source: OTHER_ADDRESS, destination: OUR_ADDRESS }), relayed))
  t.is(passedBy(relayed, tcp({ from: US, to: RELAY, destination: OTHER_ADDRESS }, small)), 0)
  t.is(passedBy(relayed, discover(OTHER, { from: RELAY, to: US, source: OTHER_ADDRESS, destination: OUR_ADDRESS })), 0)
})

test('each of as many NICs as there may be is known, and a scrap of a frame harms nothing', (t) => {
  const macs = Array.from({ length: MOST_MACS + 1 }, (_, index) => macFromBytes(Buffer.from([0x52, 0x54, 0, 0, 1, index])))
  const filter = captureFilter({ macs, address: HOST_ADDRESS, relayed: true })
  for (const [index, mac] of macs.entries())
    t.is(whole(tcp({ from: mac, to: US, source: OTHER_ADDRESS, destination: OUR_ADDRESS }, small), filter), index < MOST_MACS)
  for (const frame of [discover(HOST), tcp(TO_HOST, small), arp(TO_HOST)]) {
    for (let length = 0; length < frame.length; length += 1) t.true(passedBy(FILTER, frame.subarray(0, length)) <= length)
  }
})

test('all DHCP passes the filter for what came before a capture, and nothing else', (t) => {
  for (const of of [HOST, OTHER]) t.true(whole(discover(of), DHCP_FILTER))
  t.true(whole(udp({ from: US, to: ALL }, 67, 68, Buffer.alloc(300)), DHCP_FILTER))
  t.is(passedBy(DHCP_FILTER, udp(TO_HOST, 30_000, 2070, Buffer.alloc(100))), 0)
  t.is(passedBy(DHCP_FILTER, tcp(TO_HOST, small)), 0)
})

test('a program with a jump that goes back, too far or nowhere is not made', (t) => {
  const far = Array.from({ length: 256 }, () => step(PASS.bytes))
  t.throws(() => assemble([label('a'), jump(IF.equal, 1, 'a')]), { instanceOf: RangeError })
  t.throws(() => assemble([jump(IF.equal, 1, 'a'), ...far, label('a'), step(PASS.bytes)]), { instanceOf: RangeError })
  t.throws(() => assemble([jump(IF.equal, 1, 'nowhere')]), { instanceOf: RangeError })
})
