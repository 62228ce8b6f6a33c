import test from 'ava'
import fc from 'fast-check'
import { Cursor, WireError, Writer } from '../../../appliance/wire/cursor.ts'

test('a Cursor reads network byte order and counts what is left', (t) => {
  const cursor = new Cursor(Buffer.from('01020304050607ffffffffffffffff00aa', 'hex'))
  t.is(cursor.u8('a'), 1)
  t.is(cursor.u16('b'), 0x0203)
  t.is(cursor.u32('c'), 0x04050607)
  t.is(cursor.u64('d'), 0xffffffffffffffffn)
  t.is(cursor.offset, 15)
  t.is(cursor.remaining, 2)
  t.is(cursor.bytes(1, 'e').toString('hex'), '00')
  t.is(cursor.rest().toString('hex'), 'aa')
  cursor.end('f')
})

test('a Cursor over a view of a larger buffer sees the view only', (t) => {
  const cursor = new Cursor(new Uint8Array([9, 9, 1, 2, 9]).subarray(2, 4))
  t.is(cursor.u16('a'), 0x0102)
  t.throws(() => cursor.u8('b'), { instanceOf: WireError })
})

test('reading past the end is a WireError with field and offset, and moves nothing', (t) => {
  const cursor = new Cursor(Buffer.of(1, 2, 3))
  cursor.u8('first')
  const error = t.throws(() => cursor.u32('second'), { instanceOf: WireError })
  t.is(error.field, 'second')
  t.is(error.offset, 1)
  t.is(error.message, 'second at byte 1: 4 bytes wanted, 2 left')
  t.is(cursor.u16('third'), 0x0203)
})

test('a length of four gigabytes is refused before anything is allocated', (t) => {
  t.throws(() => new Cursor(Buffer.of(1)).bytes(0xffffffff, 'data'), { instanceOf: WireError })
})

test('end complains about what is left over', (t) => {
  t.throws(() => new Cursor(Buffer.of(1)).end('packet'), { instanceOf: WireError, message: 'packet at byte 0: 1 bytes left over' })
})

test('what a Writer writes a Cursor reads, however small the Writer began', (t) => {
  const field = fc.oneof(
    fc.nat(0xff).map((value) => ({ kind: 'u8' as const, value })),
    fc.nat(0xffff).map((value) => ({ kind: 'u16' as const, value })),
    fc.nat(0xffffffff).map((value) => ({ kind: 'u32' as const, value })),
    fc.bigInt({ min: 0n, max: 0xffffffffffffffffn }).map((value) => ({ kind: 'u64' as const, value })),
    fc.uint8Array({ maxLength: 40 }).map((value) => ({ kind: 'bytes' as const, value })),
    fc.nat(40).map((value) => ({ kind: 'zeros' as const, value })),
  )
  fc.assert(
    fc.property(fc.array(field, { maxLength: 20 }), fc.integer({ min: 1, max: 64 }), (fields, capacity) => {
      const writer = new Writer(capacity)
      for (const { kind, value } of fields) {
        if (kind === 'u64') writer.u64(value)
        else if (kind === 'bytes') writer.bytes(value)
        else writer[kind](value)
      }
      const cursor = new Cursor(writer.finish())
      for (const { kind, value } of fields) {
        if (kind === 'bytes') t.deepEqual([...cursor.bytes(value.length, kind)], [...value])
        else if (kind === 'zeros') t.true(cursor.bytes(value, kind).every((byte) => byte === 0))
        else t.is(cursor[kind](kind), value as never)
      }
      cursor.end('record')
    }),
  )
  t.pass()
})

test('Writer keeps what was written when any of its writes outgrows the buffer', (t) => {
  const grown = new Writer(1)
    .u8(1)
    .u16(0x0203)
    .u32(0x04050607)
    .u64(0x08090a0b0c0d0e0fn)
    .bytes(Buffer.from([16, 17]))
    .zeros(2)
    .u8(18)
  t.is(grown.finish().toString('hex'), '0102030405060708090a0b0c0d0e0f1011000012')
})
