import test from 'ava'
import fc from 'fast-check'
import { selectRange } from '../../../appliance/http/range.ts'

const select = (range: string | undefined, size = 1000, ifRange?: string) => selectRange(range, ifRange, size, '"g-xen"')
const part = (first: number, last: number) => ({ kind: 'part', first, last })

test('selectRange takes one range, open or closed or from the end', (t) => {
  t.deepEqual(select('bytes=0-0'), part(0, 0))
  t.deepEqual(select('bytes=500-'), part(500, 999))
  t.deepEqual(select('bytes=500-99999'), part(500, 999))
  t.deepEqual(select('bytes=-1'), part(999, 999))
  t.deepEqual(select('bytes=-5000'), part(0, 999))
  t.deepEqual(select('Bytes= 1 - 2'), part(1, 2))
})

test('selectRange finds ranges behind the end unsatisfiable', (t) => {
  for (const range of ['bytes=1000-', 'bytes=1000-2000', 'bytes=-0']) t.deepEqual(select(range), { kind: 'unsatisfiable' }, range)
  for (const range of ['bytes=0-', 'bytes=-1']) t.deepEqual(select(range, 0), { kind: 'unsatisfiable' }, range)
})

test('selectRange gives the whole file where there is no range that counts', (t) => {
  for (const range of [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=2-1',
    'bytes=0-1,5-6',
    'bytes=a-b',
    'lines=0-1',
    'bytes=0x1-2',
    'bytes=--1',
  ]) {
    t.deepEqual(select(range), { kind: 'whole' }, range)
  }
})

test('selectRange resumes only the file that If-Range names', (t) => {
  t.deepEqual(select('bytes=10-', 1000, '"g-xen"'), part(10, 999))
  t.deepEqual(select('bytes=10-', 1000, '"h-xen"'), { kind: 'whole' })
  t.deepEqual(select('bytes=10-', 1000, 'W/"g-xen"'), { kind: 'whole' })
})

test('selectRange never leaves the file', (t) => {
  const range = fc.oneof(
    fc.string(),
    fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => `bytes=${from}-${to}`),
    fc.nat().map((tail) => `bytes=-${tail}`),
  )
  fc.assert(
    fc.property(range, fc.nat(5000), (range, size) => {
      const selection = select(range, size)
      if (selection.kind === 'part') t.true(0 <= selection.first && selection.first <= selection.last && selection.last < size)
    }),
  )
  t.pass()
})
