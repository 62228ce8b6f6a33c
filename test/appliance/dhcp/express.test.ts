import test from 'ava'
import fc from 'fast-check'
import { expressFilters, MOST_EXPRESS } from '../../../appliance/dhcp/express.ts'
import { encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { type Mac, macFromBytes } from '../../../appliance/wire/addresses.ts'
import { A, B, BIOS, request } from './packets.ts'

const UDP = Buffer.alloc(8)
const bytesOf = (mac: Mac) => Buffer.concat([UDP, encodeDhcp(request('DISCOVER', { mac }, BIOS))])
const BROADCAST = 0xffffffff
const US = 0x0a4d0001

/** What the kernel makes of it: how many bytes are received. As far as these programs go (net/core/filter.c). */
function run(program: Buffer, packet: Buffer, destination: number): number {
  let accumulator = 0
  for (let at = 0; ; at += 1) {
    const [code, yes, no, value] = [
      program.readUInt16LE(at * 8),
      program[at * 8 + 2],
      program[at * 8 + 3],
      program.readUInt32LE(at * 8 + 4),
    ]
    switch (code) {
      case 0x80:
        accumulator = packet.length
        break
      case 0x20:
        if (value === 0xfff00010) accumulator = destination
        else if (value + 4 > packet.length) return 0
        else accumulator = packet.readUInt32BE(value)
        break
      case 0x28:
        if (value + 2 > packet.length) return 0
        accumulator = packet.readUInt16BE(value)
        break
      case 0x15:
        at += (accumulator === value ? yes : no) ?? 0
        break
      case 0x35:
        at += (accumulator >= value ? yes : no) ?? 0
        break
      case 0x06:
        return value
      default:
        throw new Error(`step ${at} is unknown: ${code}`)
    }
  }
}

test('a broadcast of a reserved machine is in the socket of its own, and in no other; unicasts, strangers and scraps are in the first', (t) => {
  const { express, others } = expressFilters([A])
  t.deepEqual([run(express, bytesOf(A), BROADCAST) > 0, run(others, bytesOf(A), BROADCAST) > 0], [true, false])
  t.deepEqual([run(express, bytesOf(B), BROADCAST) > 0, run(others, bytesOf(B), BROADCAST) > 0], [false, true])
  t.true(run(others, bytesOf(A), US) > 0)
  for (let length = 8; length < 8 + 34; length += 1) {
    const scrap = bytesOf(A).subarray(0, length)
    t.deepEqual([run(express, scrap, BROADCAST), run(others, scrap, BROADCAST) > 0], [0, true], String(length))
  }
})

test('no broadcast is received twice or never, however many machines are reserved', (t) => {
  const macs = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => macFromBytes(bytes))
  fc.assert(
    fc.property(fc.array(macs, { minLength: 1, maxLength: 50 }), macs, fc.nat(), (known, stranger, index) => {
      const { express, others } = expressFilters(known)
      for (const mac of [stranger, known[index % known.length] ?? stranger]) {
        const got = [run(express, bytesOf(mac), BROADCAST), run(others, bytesOf(mac), BROADCAST)].filter((bytes) => bytes > 0)
        t.is(got.length, 1)
      }
    }),
  )
})

test('without a reservation all is in the first; with thousands the kernel takes it still', (t) => {
  const none = expressFilters([])
  t.deepEqual([run(none.express, bytesOf(A), BROADCAST), run(none.others, bytesOf(A), BROADCAST) > 0], [0, true])
  const many = Array.from({ length: 5000 }, (_, index) => macFromBytes(Buffer.from([2, 0, 0, 0, index >> 8, index & 255])))
  const { express, others } = expressFilters(many)
  t.true(Math.max(express.length, others.length) / 8 <= 4096)
  t.is(express.length / 8, MOST_EXPRESS * 5 + 1)
})
