import test from 'ava'
import fc from 'fast-check'
import { opaqueSize, padding, readBool, readOpaque, writeHyper, writeOpaque } from '../../../appliance/nfs-server-lite/xdr.ts'
import { Cursor, WireError, Writer } from '../../../appliance/wire/cursor.ts'

test('opaque data of any length comes back, is padded to four bytes and has the size that was computed', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const writer = new Writer()
      writeOpaque(writer, bytes)
      const cursor = new Cursor(writer.finish())
      t.deepEqual(readOpaque(cursor, 70, 'data'), Buffer.from(bytes))
      cursor.end('data')
      t.is(writer.length, opaqueSize(bytes.length))
      t.is(writer.length % 4, 0)
    }),
  )
})

test('opaque data longer than its limit, or than what is there, is a WireError before anything is taken', (t) => {
  for (const length of [5, 0x7fff_ffff, 0xffff_ffff]) {
    const bytes = new Writer().u32(length).u32(0).finish()
    t.throws(() => readOpaque(new Cursor(bytes), 4, 'data'), { instanceOf: WireError, message: /at most 4/ })
    t.throws(() => readOpaque(new Cursor(bytes), 0xffff_ffff, 'data'), { instanceOf: WireError, message: /wanted/ })
  }
})

test('opaque data whose padding is cut off is a WireError', (t) => {
  t.throws(() => readOpaque(new Cursor(Buffer.from([0, 0, 0, 1, 65, 0, 0])), 4, 'data'), { instanceOf: WireError })
})

test('a hyper holds every safe integer as two words', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const writer = new Writer()
      writeHyper(writer, value)
      t.is(new Cursor(writer.finish()).u64('hyper'), BigInt(value))
    }),
    { examples: [[0], [0xffff_ffff], [0x1_0000_0000], [Number.MAX_SAFE_INTEGER]] },
  )
})

test('a bool is 0 or 1 and nothing else', (t) => {
  t.false(readBool(new Cursor(Buffer.from([0, 0, 0, 0])), 'bool'))
  t.true(readBool(new Cursor(Buffer.from([0, 0, 0, 1])), 'bool'))
  t.throws(() => readBool(new Cursor(Buffer.from([0, 0, 0, 2])), 'bool'), { instanceOf: WireError })
})

test('padding fills up to four bytes', (t) => {
  t.deepEqual([0, 1, 2, 3, 4, 5].map(padding), [0, 3, 2, 1, 0, 3])
})
