import test from 'ava'
import fc from 'fast-check'
import { decodeTftp, encodeTftp, type TftpPacket } from '../../../appliance/tftp/codec.ts'
import { describeTftp } from '../../../appliance/tftp/describe.ts'
import { WireError } from '../../../appliance/wire/cursor.ts'
import { capturedRequests, fieldPackets } from './captures.ts'

const requests = capturedRequests()

/** Hand-made packets, as hex with a readable text: what the captures do not hold. */
const golden: readonly (readonly [hex: string, text: string])[] = [
  ['0002 7800 6f6374657400', 'WRQ "x" octet'],
  ['0001 6100 4f4354455400 0000', 'RRQ "a" OCTET +2 NUL'],
  ['0001 2e2e5c22ff0a00 6f6374657400', 'RRQ "..\\x5c\\x22\\xff\\x0a" octet'],
  ['0003 ffff 010203', 'DATA 65535, 3 bytes'],
  ['0003 0000', 'DATA 0, 0 bytes'],
  ['0004 0001', 'ACK 1'],
  ['0005 0008 557365722061626f72746564 00', 'ERROR 8 "User aborted"'],
  ['0005 0000 6e6f', 'ERROR 0 "no" +0 NUL'],
  ['0005 0002 00', 'ERROR 2 ""'],
  ['0005 00', 'ERROR 0 "" +0 NUL'],
  ['0005', 'ERROR 0 "" +0 NUL'],
  ['0001 6100 6f63746574', 'RRQ "a" octet -NUL'],
  ['0001 6100 6f6374657400 7473697a6500 30', 'RRQ "a" octet tsize=0 -NUL'],
  ['0001 6100 6f6374657400 7473697a6500', 'RRQ "a" octet +6 bytes'],
  ['0001 6100 6f6374657400 7473697a65', 'RRQ "a" octet +5 bytes'],
  ['0001 6100 6f6374657400 7473697a6500 00 0000', 'RRQ "a" octet tsize= +2 NUL'],
  ['0001 6100 6f6374657400 7473697a6500 3000 626c6b73697a6500', 'RRQ "a" octet tsize=0 +8 bytes'],
  ['0001 6100 6f6374657400 0000 ff01', 'RRQ "a" octet +2 NUL +2 bytes'],
  ['0004 0001 0000', 'ACK 1 +2 bytes'],
  ['0005 0001 6100 6200', 'ERROR 1 "a" +2 bytes'],
  ['0006 7473697a6500 3130323400 626c6b73697a6500 3134363800', 'OACK tsize=1024 blksize=1468'],
]
const goldenBytes = golden.map(([hex]) => Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const allFixtures = [...requests.map(({ payload }) => payload), ...goldenBytes, ...fieldPackets()]

test('decodeTftp reads the requests of real firmware', (t) => {
  t.deepEqual([...new Set(requests.map(({ payload }) => describeTftp(decodeTftp(payload))))].sort(), [
    'RRQ "autoexec.ipxe" octet blksize=1432 tsize=0',
    'RRQ "boot.ipxe" octet blksize=1432 tsize=0',
    'RRQ "efi.ipxe" octet blksize=1432 tsize=0',
    'RRQ "ipxe-trixie.efi" octet blksize=1468 windowsize=4',
    'RRQ "ipxe-trixie.efi" octet tsize=0 blksize=1468 windowsize=4',
    'RRQ "snponly-trixie.efi" octet blksize=1468 windowsize=4',
    'RRQ "snponly-trixie.efi" octet tsize=0 blksize=1468 windowsize=4',
  ])
})

test('decodeTftp reads each kind of packet, describeTftp names it in one line without control characters', (t) => {
  t.deepEqual(
    goldenBytes.map((bytes) => describeTftp(decodeTftp(bytes))),
    golden.map(([, text]) => text),
  )
})

test('encodeTftp gives back the very bytes that decodeTftp read', (t) => {
  for (const bytes of allFixtures) t.is(encodeTftp(decodeTftp(bytes)).toString('hex'), bytes.toString('hex'))
})

test('decodeTftp gives a record or a WireError for a packet cut at any byte', (t) => {
  for (const bytes of allFixtures) {
    for (let length = 0; length < bytes.length; length += 1) recordOrWireError(bytes.subarray(0, length))
  }
  t.throws(() => decodeTftp(Buffer.from('0001616200', 'hex')), { instanceOf: WireError, message: /mode/ })
  t.throws(() => decodeTftp(Buffer.from([0])), { instanceOf: WireError, message: /opcode/ })
})

test('decodeTftp gives a record or a WireError for mutated packets, and what it reads is encoded without loss', (t) => {
  const mutation = fc.record({
    base: fc.constantFrom(...allFixtures),
    changes: fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 8 }),
    tail: fc.uint8Array({ maxLength: 64 }),
  })
  fc.assert(
    fc.property(mutation, ({ base, changes, tail }) => {
      const bytes = Buffer.concat([base, tail])
      for (const [offset, value] of changes) bytes[offset % bytes.length] = value
      recordOrWireError(bytes)
    }),
    { numRuns: 5000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 700 }), recordOrWireError), { numRuns: 2000 })
  t.pass()
})

test('decodeTftp gives back the record that encodeTftp wrote', (t) => {
  const latin1 = (maxLength: number) =>
    fc.array(fc.integer({ min: 1, max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes))
  const named = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 12 }).map((codes) => String.fromCharCode(...codes))
  const plain = { noNullPrototype: true } as const
  const options = fc.array(fc.record({ name: named, value: latin1(12) }, plain), { maxLength: 6 })
  const block = fc.nat(65535)
  const packet: fc.Arbitrary<TftpPacket> = fc.oneof(
    fc.record(
      {
        kind: fc.constantFrom('rrq', 'wrq'),
        filename: latin1(100),
        mode: latin1(10),
        options,
        padding: fc.nat(10),
      },
      plain,
    ),
    fc.record({ kind: fc.constant('data'), block, data: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)) }, plain),
    fc.record({ kind: fc.constant('ack'), block }, plain),
    fc.record({ kind: fc.constant('error'), code: fc.nat(65535), message: latin1(50), terminator: fc.nat(3) }, plain),
    fc.record({ kind: fc.constant('oack'), options }, plain),
  )
  fc.assert(fc.property(packet, (record) => t.deepEqual(decodeTftp(encodeTftp(record)), record)))
})

test('decodeTftp rejects a request of more than 512 bytes (RFC 2347)', (t) => {
  const request = (length: number) => Buffer.concat([Buffer.from('0001', 'hex'), Buffer.alloc(length - 9, 'a'), Buffer.from('\0octet\0')])
  t.is(decodeTftp(request(512)).kind, 'rrq')
  t.throws(() => decodeTftp(request(513)), { instanceOf: WireError })
})

test('decodeTftp rejects opcodes 0 and 7', (t) => {
  for (const hex of ['0000', '0007']) t.throws(() => decodeTftp(Buffer.from(hex, 'hex')), { instanceOf: WireError }, hex)
})

test('decodeTftp reads what the field sends: 600 NULs behind a request, a value without its NUL, an ACK of 29 bytes', (t) => {
  t.deepEqual(
    fieldPackets().map((bytes) => describeTftp(decodeTftp(bytes))),
    ['ACK 1 +25 bytes', 'RRQ "undionly.kpxe" octet +600 NUL', 'RRQ "undionly.kpxe" octet tsize=0 -NUL'],
  )
})

test('encodeTftp refuses texts that would change on the wire', (t) => {
  t.throws(() => encodeTftp({ kind: 'error', code: 0, message: 'a\0b', terminator: 1 }), { instanceOf: RangeError })
  t.throws(() => encodeTftp({ kind: 'oack', options: [{ name: 'tsize', value: '→' }] }), { instanceOf: RangeError })
})

function recordOrWireError(bytes: Uint8Array): void {
  let packet: TftpPacket
  try {
    packet = decodeTftp(bytes)
  } catch (error) {
    if (error instanceof WireError) return
    throw error
  }
  const text = describeTftp(packet)
  if (/[^ -~]/.test(text)) throw new Error(`control characters in ${JSON.stringify(text)}`)
  if (Buffer.compare(encodeTftp(packet), bytes) !== 0) throw new Error(`loss in ${Buffer.from(bytes).toString('hex')}`)
}
