import test from 'ava'
import fc from 'fast-check'
import { createFilehandleCodec, FILEHANDLE_SIZE } from '../../../appliance/nfs-server-lite/filehandle.ts'
import { parseGeneration } from '../../../appliance/wire/generation.ts'
import { KEY } from './caller.ts'

const generation = parseGeneration('0123456789abcdef')
const codec = createFilehandleCodec(KEY)

test('a filehandle is the same bytes for ever', (t) => {
  if (!generation) return t.fail()
  // Changing these bytes takes the root away from every host that is up.
  t.is(codec.encode(generation, 0x12345678).toString('hex'), '000000010123456789abcdef12345678c956c9cdd901b2c20039e06b59b8366d')
})

test('a filehandle made by one server is taken by another with the same key', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f]{16}$/), fc.integer({ min: 0, max: 0xffff_ffff }), (text, file) => {
      const parsed = parseGeneration(text)
      if (!parsed) return t.fail()
      const handle = codec.encode(parsed, file)
      t.is(handle.length, FILEHANDLE_SIZE)
      t.deepEqual(createFilehandleCodec(Buffer.from(KEY)).decode(handle), { generation: parsed, file })
    }),
  )
})

test('a filehandle with any bit changed, cut or longer is none', (t) => {
  if (!generation) return t.fail()
  const handle = codec.encode(generation, 5)
  for (let bit = 0; bit < handle.length * 8; bit++) {
    const forged = Buffer.from(handle)
    forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    t.is(codec.decode(forged), undefined, `bit ${bit}`)
  }
  for (let length = 0; length < handle.length; length++) t.is(codec.decode(handle.subarray(0, length)), undefined)
  t.is(codec.decode(Buffer.concat([handle, Buffer.alloc(1)])), undefined)
})

test('a filehandle made with another key is none', (t) => {
  if (!generation) return t.fail()
  t.is(createFilehandleCodec(Buffer.alloc(32, 8)).decode(codec.encode(generation, 5)), undefined)
})

test('a key shorter than 16 bytes is refused', (t) => {
  t.throws(() => createFilehandleCodec(Buffer.alloc(15)), { instanceOf: RangeError, message: /15 bytes/ })
})
