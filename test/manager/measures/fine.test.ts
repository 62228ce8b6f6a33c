import test from 'ava'
import fc from 'fast-check'
import { FineBook, HOUR, MOST_SAMPLES } from '../../../manager/measures/fine.ts'
import type { Measured } from '../../../manager/measures/measure.ts'

const measured = (cpu: number | null): Measured => ({ cpu, memory: 1, read: 2, written: 3, received: 4, sent: 5 })
const T = 1_790_000_000_000

test('samples that follow each other are a line, one that was missed is a gap, and what was not known is one in its own line', (t) => {
  const book = new FineBook()
  for (const [at, cpu] of [
    [0, 0.1],
    [5000, null],
    [10_500, 0.3],
    [60_000, 0.4],
  ] as const)
    book.add('a', T + at, 5000, measured(cpu))
  const { times, mean, from, until } = book.look('a', 0, T + 61_000)
  t.deepEqual(
    times.map((at) => at - T),
    [0, 5000, 10_500, 55_000, 60_000],
  )
  t.deepEqual(mean[0], [0.1, null, 0.3, null, 0.4])
  t.deepEqual(mean[1], [1, 1, 1, null, 1])
  t.deepEqual([from, until], [T + 61_000 - HOUR, T + 61_000])
})

test('what says nothing more has a gap at its end: what it did last is not what it does now', (t) => {
  const book = new FineBook()
  for (const at of [0, 5000]) book.add('a', T + at, 5000, measured(0.5))
  t.deepEqual(book.look('a', 0, T + 17_000).mean[0], [0.5, 0.5])
  const { times, mean } = book.look('a', 0, T + 18_000)
  t.deepEqual([times.at(-1), mean[0]], [T + 10_000, [0.5, 0.5, null]])
  t.deepEqual(book.look('a', T + 10_001, T + 18_000).times, [])
})

test('when the clock was put back, the times that come again show what is told of them now', (t) => {
  const book = new FineBook()
  for (let at = 0; at <= 600_000; at += 5000) book.add('a', T + at, 5000, measured(0.1))
  for (let at = 302_000; at <= 400_000; at += 5000) book.add('a', T + at, 5000, measured(0.9))
  const { times, mean } = book.look('a', T + 290_000, T + 400_000)
  t.is(times.at(-1), T + 397_000)
  t.deepEqual(mean[0], [0.1, 0.1, 0.1, ...Array.from({ length: 20 }, () => 0.9)])
})

test('who has asked before is told what is new, with the gap before it', (t) => {
  const book = new FineBook()
  for (const at of [0, 5000, 60_000]) book.add('a', T + at, 5000, measured(0.5))
  t.deepEqual(
    book.look('a', T + 5000, T + 60_000).times.map((at) => at - T),
    [5000, 55_000, 60_000],
  )
  t.deepEqual(book.look('a', T + 60_001, T + 61_000).times, [])
})

test('an hour is kept, of so many things: who is looked at has a place', (t) => {
  const book = new FineBook(2)
  for (let at = 0; at < 2 * HOUR; at += 5000) for (const thing of ['a', 'b', 'c']) book.add(thing, T + at, 5000, measured(0.5))
  const now = T + 2 * HOUR
  t.is(book.look('a', 0, now).times.length, MOST_SAMPLES)
  t.deepEqual(book.look('c', 0, now).times, [], 'there was no room')
  book.add('c', now, 5000, measured(0.5))
  t.deepEqual(book.look('c', 0, now).times, [now])
  t.deepEqual(book.look('b', 0, now).times, [], 'b was looked at longest ago')
  t.is(book.size, 2)
  book.forget(now + HOUR + 1)
  t.is(book.size, 0, 'what is measured no more is gone')
  book.add('a', now, 5000, measured(0.5))
  book.forget(now - HOUR - 1)
  t.is(book.size, 0, 'also of a clock that was ahead')
})

test('whatever the clock does: times grow, lines are as long as they, and no more than is kept is told', (t) => {
  const step = fc.record({ by: fc.integer({ min: -20_000, max: 20_000 }), span: fc.integer({ min: 1, max: 20_000 }) })
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1500 }), fc.integer({ min: 0, max: 100_000 }), (steps, after) => {
        const book = new FineBook()
        let now = T
        for (const { by, span } of steps) {
          now += by
          book.add('a', now, span, measured(0.5))
        }
        const { times, mean } = book.look('a', T + after, now)
        t.true(
          times.every((at, index) => index === 0 || at > (times[index - 1] ?? 0)),
          `${times}`,
        )
        t.true(mean.every((line) => line.length === times.length))
        t.true(times.length <= 2 * MOST_SAMPLES && times.every((at) => at >= T + after && at <= now))
      }),
    ),
  )
})
