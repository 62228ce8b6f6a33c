import test from 'ava'
import fc from 'fast-check'
import { RecordReader } from './nfs-records.ts'

function fragment(data: Uint8Array, kind: 'last' | 'more'): Buffer {
  const mark = Buffer.alloc(4)
  mark.writeUInt32BE((kind === 'last' ? 0x8000_0000 : 0) + data.length)
  return Buffer.concat([mark, data])
}

function readAll(chunks: readonly Buffer[]): readonly Buffer[] {
  const records: Buffer[] = []
  const reader = new RecordReader((parts, bytes) => {
    const record = Buffer.concat(parts)
    if (record.length !== bytes) throw new Error(`${record.length} bytes, said to be ${bytes}`)
    records.push(record)
  })
  for (const chunk of chunks) reader.push(chunk)
  return records
}

test('RecordReader gives the same records however fragments and chunks are cut', (t) => {
  const record = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), fc.array(fc.nat({ max: 30 }), { maxLength: 60 }), (records, cuts) => {
      const stream = Buffer.concat(
        records.flatMap((parts) => parts.map((part, index) => fragment(part, index === parts.length - 1 ? 'last' : 'more'))),
      )
      const chunks: Buffer[] = []
      let position = 0
      for (const cut of cuts) {
        chunks.push(stream.subarray(position, position + cut))
        position += cut
      }
      chunks.push(stream.subarray(position))
      t.deepEqual(
        readAll(chunks),
        records.map((parts) => Buffer.concat(parts)),
      )
    }),
  )
})

test('RecordReader says nothing of a record that is not whole', (t) => {
  t.deepEqual(readAll([fragment(Buffer.from('whole'), 'last'), fragment(Buffer.from('half'), 'last').subarray(0, 6)]), [
    Buffer.from('whole'),
  ])
})
