import test from 'ava'
import fc from 'fast-check'
import { eachPacket, isBulk, isDhcpOf } from '../../../appliance/capture/frames.ts'
import { PacketMemory } from '../../../appliance/capture/ring.ts'
import { strikeOut } from '../../../appliance/capture/secrets.ts'
import { macToBytes } from '../../../appliance/wire/addresses.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { blockOf } from './kernel.ts'
import { discover, HOST, OTHER, TO_HOST, tcp, udp } from './wires.ts'

const KIB = 1024

test('the beginning of a boot is kept for good, without what it loads; of the rest what was last; what is forgotten is counted', (t) => {
  const memory = new PacketMemory({ beginning: 64 * KIB, end: 128 * KIB })
  const small = Buffer.alloc(984)
  for (let at = 0; at < 65; at += 1) memory.add(at, 984, small)
  for (let at = 65; at < 1000; at += 1) memory.add(at, 2000, small)
  const times = memory.packets().map(({ at }) => at)
  t.deepEqual(
    times.slice(0, 65),
    Array.from({ length: 65 }, (_, at) => at),
  )
  t.is(times.at(-1), 999)
  t.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  )
  const { packets, forgotten } = memory.counts
  t.is(packets, 1000)
  t.is(forgotten, 1000 - times.length)
  t.true(times.length >= 65 + 65 && times.length <= 65 + 131, `${times.length}`)
})

test('what is loaded does not push out how it began, however early it comes', (t) => {
  const memory = new PacketMemory({ beginning: 64 * KIB, end: 64 * KIB })
  for (let at = 0; at < 5000; at += 1) memory.add(at, 1514, Buffer.alloc(182))
  memory.add(5000, 300, Buffer.alloc(300))
  for (let at = 5001; at < 9000; at += 1) memory.add(at, 1514, Buffer.alloc(182))
  t.true(memory.packets().some(({ at }) => at === 5000))
})

test('pieces of files and their bare acknowledgements are bulk; requests, ends of connections and DHCP are not', (t) => {
  const isOne = (frame: Buffer, original = frame.length) => isBulk(frame, original)
  t.true(isOne(tcp(TO_HOST, Buffer.alloc(100)), 1514))
  t.true(isOne(tcp(TO_HOST, Buffer.alloc(0))))
  t.true(isOne(Buffer.concat([tcp(TO_HOST, Buffer.alloc(0)), Buffer.alloc(6)])), 'padded by the NIC')
  t.true(isOne(udp(TO_HOST, 2070, 30_000, Buffer.from([0, 4, 0, 1]))))
  t.false(isOne(tcp(TO_HOST, Buffer.alloc(0), 0x11)))
  t.false(isOne(tcp(TO_HOST, Buffer.from('GET'))))
  t.false(isOne(udp(TO_HOST, 2070, 69, Buffer.from('\0\x01file\0octet\0'))))
  t.false(isOne(discover(HOST)))
  for (let length = 0; length < 70; length += 1) t.notThrows(() => isOne(tcp(TO_HOST, Buffer.alloc(20)).subarray(0, length), length))
})

test('packets of a block come with their times and lengths; a block that says more than it holds is a WireError', (t) => {
  const frames = [discover(HOST), tcp(TO_HOST, Buffer.from('x'))]
  const block = blockOf(frames.map((frame, index) => ({ at: 1_796_059_203_000_001 + index, frame })))
  const seen: object[] = []
  eachPacket(block, (at, original, bytes) => seen.push({ at, original, bytes: Buffer.from(bytes) }))
  t.deepEqual(
    seen,
    frames.map((bytes, index) => ({ at: 1_796_059_203_000_001 + index, original: bytes.length, bytes })),
  )
  for (let length = 48; length < block.length - 8; length += 1) {
    t.throws(() => eachPacket(block.subarray(0, length), () => undefined), { instanceOf: WireError }, String(length))
  }
})

test('whose a DHCP message is, is known by the address in it', (t) => {
  t.true(isDhcpOf(discover(HOST), macToBytes(HOST)))
  t.false(isDhcpOf(discover(OTHER), macToBytes(HOST)))
  t.false(isDhcpOf(discover(HOST).subarray(0, 75), macToBytes(HOST)))
})

test('of a secret no piece of 16 characters is left, wherever packets were cut; all else stays', (t) => {
  const secret = Buffer.from('Zr7pQ0aXw2LkVn5tYb8cJm1dHe4gUi6oSf9xRq3zKyA')
  const holds = () =>
    fc.assert(
      fc.property(fc.nat(secret.length), fc.nat(secret.length), fc.nat(40), (one, other, around) => {
        const piece = secret.subarray(Math.min(one, other), Math.max(one, other))
        const before = Buffer.from('= '.repeat(20).slice(0, around))
        const bytes = Buffer.concat([before, piece, Buffer.from(' quiet')])
        const length = bytes.length
        strikeOut(bytes, [secret])
        for (let at = 0; at + 16 <= secret.length; at += 1) if (bytes.includes(secret.subarray(at, at + 16))) return false
        const text = bytes.toString()
        return length === bytes.length && text.startsWith(before.toString()) && text.endsWith(' quiet')
      }),
      { numRuns: 2000 },
    )
  t.notThrows(holds)
})
