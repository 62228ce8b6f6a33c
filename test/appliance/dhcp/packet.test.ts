import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { OPTION } from '../../../appliance/dhcp/codes.ts'
import { describeDhcp } from '../../../appliance/dhcp/describe.ts'
import { optionData } from '../../../appliance/dhcp/fields.ts'
import { type DhcpPacket, decodeDhcp, encodeDhcp, readDhcp } from '../../../appliance/dhcp/packet.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { captureNames, dhcpIn } from '../wire/pcap.ts'
import { request } from './packets.ts'

const HEADER_LENGTH = 240
const packets = captureNames().flatMap((name) => dhcpIn(name).map((payload) => ({ name, ...payload })))

/** A packet with these option bytes, and `file` and `sname` filled as given. */
function raw(options: readonly number[], file: readonly number[] = [], sname: readonly number[] = []): Buffer {
  const bytes = Buffer.concat([encodeDhcp(request('DISCOVER')).subarray(0, HEADER_LENGTH), Buffer.from(options)])
  bytes.set(sname, 44)
  bytes.set(file, 108)
  return bytes
}

function decodesOrFails(bytes: Buffer): boolean {
  try {
    describeDhcp(decodeDhcp(bytes))
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}

test('the captures hold DHCP', (t) => {
  t.true(packets.length > 50)
})

for (const name of captureNames()) {
  test(`${name} reads as its golden text`, (t) => {
    const golden = new URL(`../../fixtures/pcap/${name.replace(/pcap$/, 'dhcp.txt')}`, import.meta.url)
    const actual = dhcpIn(name)
      .map(
        ({ frame, sourcePort, destinationPort, bytes }) =>
          `#${frame} ${sourcePort} > ${destinationPort}\n${describeDhcp(decodeDhcp(bytes))}\n`,
      )
      .join('\n')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, actual)
    t.true(existsSync(golden), 'no golden text: run with UPDATE_GOLDEN=1 and read what it writes')
    t.is(actual, readFileSync(golden, 'utf8'))
  })
}

test('every captured packet encodes to the very bytes it came from', (t) => {
  for (const { name, frame, bytes } of packets) t.deepEqual(encodeDhcp(decodeDhcp(bytes)), bytes, `${name} #${frame}`)
})

test('every captured packet cut at every byte gives a record or a WireError', (t) => {
  for (const { name, frame, bytes } of packets) {
    for (let length = 0; length < bytes.length; length += 1) {
      const decoded = decodesOrFails(bytes.subarray(0, length))
      if (length < HEADER_LENGTH) t.false(decoded, `${name} #${frame} cut to ${length}`)
    }
  }
  t.pass()
})

test('mutated captures give a record that survives a round trip, or a WireError', (t) => {
  const mutation = fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 }))
  fc.assert(
    fc.property(fc.constantFrom(...packets), fc.array(mutation, { minLength: 1, maxLength: 20 }), ({ bytes }, mutations) => {
      const mutated = Buffer.from(bytes)
      for (const [offset, value] of mutations) mutated[offset % mutated.length] = value
      if (!decodesOrFails(mutated)) return
      const record = decodeDhcp(mutated)
      t.deepEqual(sorted(decodeDhcp(encodeDhcp(record))), sorted(record))
    }),
    { numRuns: 2000 },
  )
})

/** Encoding moves the message type to the front and option 82 to the end. */
function sorted(packet: DhcpPacket): DhcpPacket {
  return { ...packet, options: packet.options.toSorted((left, right) => left.code - right.code) }
}

test('any record round-trips', (t) => {
  const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array))
  const option = fc.record({ code: fc.integer({ min: 1, max: 254 }).filter((code) => ![52, 53, 82].includes(code)), data: bytes(700) })
  const options = fc.uniqueArray(option, { selector: ({ code }) => code, maxLength: 6 })
  fc.assert(
    fc.property(options, bytes(127), fc.nat(0xffffffff), (list, file, xid) => {
      const end = file.findLastIndex((byte) => byte !== 0)
      const record = { ...request('REQUEST', { xid, file: file.subarray(0, end + 1) }, list) }
      t.deepEqual(decodeDhcp(encodeDhcp(record)), record)
    }),
    { numRuns: 300 },
  )
})

test('decodeDhcp rejects a packet without the magic cookie', (t) => {
  const bytes = encodeDhcp(request('DISCOVER'))
  bytes.writeUInt32BE(0x63825364, 236)
  const error = t.throws(() => decodeDhcp(bytes), { instanceOf: WireError })
  t.is(error.field, 'cookie')
})

test('a cut-off last option costs that option only, and is named', (t) => {
  for (const [options, cut] of [
    [[53, 1, 1, 12, 200, 65], /^cut off: options 12 at byte 5: 200 bytes wanted, 1 left$/],
    [[53, 1, 1, 60, 1, 65, 12], /options 12 length/],
    [[12, 1, 255, 53, 1, 1, 93, 2, 0], /options 93/],
  ] as const) {
    const { packet, cut: said } = readDhcp(raw(options))
    t.deepEqual(optionData(packet, OPTION.messageType), Buffer.of(1))
    t.is(optionData(packet, options[3] === 12 ? OPTION.hostName : OPTION.clientArchitecture), undefined)
    t.regex(said ?? '', cut)
  }
  t.is(readDhcp(raw([53, 1, 1, 12, 1, 65])).cut, undefined)
})

test('an option that is cut off in file or sname costs that option only', (t) => {
  const { packet, cut } = readDhcp(raw([53, 1, 1, 52, 1, 3, 255], [60, 1, 65, 12, 200, 65], [...Array<number>(62).fill(0), 93, 4]))
  t.deepEqual(
    packet.options.map(({ code }) => code),
    [53, 60],
  )
  t.regex(cut ?? '', /file 12 .*, sname 93/)
})

test('a PAD is one byte, and nothing after END is read', (t) => {
  const packet = decodeDhcp(raw([0, 53, 1, 1, 0, 0, 12, 1, 65, 255, 12, 200]))
  t.deepEqual(
    packet.options.map(({ code }) => code),
    [53, 12],
  )
})

test('an option area without END is read to its end', (t) => {
  t.is(decodeDhcp(raw([53, 1, 1, 12, 1, 65])).options.length, 2)
})

test('repeats of an option are concatenated in order (RFC 3396)', (t) => {
  const packet = decodeDhcp(raw([12, 2, 65, 66, 53, 1, 1, 12, 1, 67, 255]))
  t.is(optionData(packet, OPTION.hostName)?.toString(), 'ABC')
})

test('data longer than 255 bytes is split and found whole again', (t) => {
  for (const length of [0, 254, 255, 256, 510, 511]) {
    const data = Buffer.alloc(length, 7)
    const bytes = encodeDhcp(request('DISCOVER', {}, [{ code: 61, data }]))
    t.deepEqual(optionData(decodeDhcp(bytes), 61), data)
  }
})

test('overloaded file and sname are read as options, in that order', (t) => {
  const packet = decodeDhcp(raw([52, 1, 3, 53, 1, 1, 12, 1, 65, 255], [12, 1, 66, 255], [12, 1, 67, 67, 1, 120, 255]))
  t.is(optionData(packet, 12)?.toString(), 'ABC')
  t.is(optionData(packet, 67)?.toString(), 'x')
  t.is(packet.file.length + packet.sname.length, 0)
  t.is(optionData(packet, OPTION.overload), undefined)
})

test('an overload inside file is not followed', (t) => {
  const packet = decodeDhcp(raw([52, 1, 1, 255], [52, 1, 3, 12, 1, 65, 255], [12, 1, 66, 255]))
  t.is(optionData(packet, 12)?.toString(), 'A')
  t.deepEqual([...packet.sname], [12, 1, 66, 255])
})

test('a nonsensical overload leaves file and sname as they are', (t) => {
  for (const value of [[0], [4], [255], [], [1, 1]]) {
    const packet = decodeDhcp(raw([52, value.length, ...value, 255], [65, 66]))
    t.is(packet.file.toString(), 'AB')
  }
})

test('a truncated option inside an overloaded file is named', (t) => {
  t.regex(readDhcp(raw([52, 1, 1, 255], Array(128).fill(12))).cut ?? '', /^cut off: file 12/)
})

test('encodeDhcp puts the message type first, option 82 last, and pads to 300 bytes', (t) => {
  const options = [
    { code: 82, data: Buffer.of(1, 1, 1) },
    { code: 12, data: Buffer.from('a') },
    { code: 53, data: Buffer.of(2) },
  ]
  const bytes = encodeDhcp({ ...request('OFFER'), options })
  t.is(bytes.length, 300)
  t.deepEqual([...bytes.subarray(240, 252)], [53, 1, 2, 12, 1, 97, 82, 3, 1, 1, 1, 255])
})

test('encodeDhcp refuses what it cannot write', (t) => {
  for (const code of [0, 52, 255])
    t.throws(() => encodeDhcp(request('OFFER', {}, [{ code, data: Buffer.of(1) }])), { instanceOf: RangeError })
  t.throws(() => encodeDhcp(request('OFFER', { file: Buffer.alloc(129, 65) })), { instanceOf: RangeError })
})

test('describeDhcp lets no control byte of a client through', (t) => {
  const text = describeDhcp(
    decodeDhcp(
      encodeDhcp(request('DISCOVER', { file: Buffer.from('a\n"\\\x7f') }, [{ code: 12, data: Buffer.from('x\r\n\x1b[31m\u00e9') }])),
    ),
  )
  t.notRegex(text, /[^\n -~]/)
  t.is(text.split('\n').length, 3)
  t.true(text.includes('12 host-name "x\\x0d\\x0a\\x1b[31m\\xc3\\xa9"'))
  t.true(text.includes('file="a\\x0a\\x22\\x5c\\x7f"'))
})
