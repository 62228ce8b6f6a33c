import test from 'ava'
import fc from 'fast-check'
import { isHalfRecord, NO_RECORD, type RecordState, stepRecords } from '../../../appliance/nfs-server-lite/record.ts'
import { join, marked, u32 } from './wire.ts'

const limits = { recordBytes: 1000, fragments: 50 }
const fragment = (bytes: Uint8Array, last: 0 | 0x8000_0000) => join(u32(last + bytes.length), Buffer.from(bytes))

function feed(chunks: readonly Buffer[]) {
  let state: RecordState = NO_RECORD
  const records: Buffer[] = []
  for (const chunk of chunks) {
    const step = stepRecords(state, chunk, limits)
    records.push(...step.records)
    if (step.problem !== undefined) return { records, problem: step.problem, state: step.state }
    state = step.state
  }
  return { records, problem: undefined, state }
}

test('records come back whatever their fragments, and however the stream is cut', (t) => {
  const record = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), fc.infiniteStream(fc.integer({ min: 1, max: 80 })), (records, cuts) => {
      const stream = join(
        ...records.flatMap((parts) => parts.map((part, index) => fragment(part, index === parts.length - 1 ? 0x8000_0000 : 0))),
      )
      const chunks: Buffer[] = []
      for (let offset = 0; offset < stream.length; ) {
        const size = cuts.next().value
        chunks.push(stream.subarray(offset, offset + size))
        offset += size
      }
      const fed = feed(chunks)
      t.is(fed.problem, undefined)
      t.deepEqual(
        fed.records,
        records.map((parts) => Buffer.concat(parts)),
      )
      t.false(isHalfRecord(fed.state))
    }),
  )
})

test('a fragment length bomb is a problem at once, and allocates nothing', (t) => {
  for (const bomb of [0x7fff_ffff, 0xffff_ffff, 1001, 0x8000_0000 + 1001]) {
    const { problem, state } = feed([u32(bomb)])
    t.regex(problem ?? '', /at most 1000/)
    t.is(state, NO_RECORD)
  }
})

test('fragments that add up to more than a record may have are a problem', (t) => {
  t.is(feed([fragment(Buffer.alloc(600), 0), fragment(Buffer.alloc(400), 0x8000_0000)]).records.length, 1)
  t.regex(feed([fragment(Buffer.alloc(600), 0), fragment(Buffer.alloc(401), 0x8000_0000)]).problem ?? '', /1001 bytes or more/)
})

test('endless empty fragments are a problem', (t) => {
  t.is(feed(Array.from({ length: 49 }, () => u32(0))).problem, undefined)
  t.regex(feed(Array.from({ length: 50 }, () => u32(0))).problem ?? '', /more than 50 fragments/)
})

test('records before a problem are still given', (t) => {
  const { records, problem } = feed([join(marked(Buffer.from('good')), u32(0x7fff_ffff))])
  t.deepEqual(records, [Buffer.from('good')])
  t.truthy(problem)
})

test('a state holds the bytes that came, not those that were promised', (t) => {
  const { state } = feed([join(u32(0x8000_0000 + 900), Buffer.from('abc'))])
  t.true(isHalfRecord(state))
  t.is(state.unread.length, 7)
})
