import test from 'ava'
import { BUCKET, type Entry } from '../../../manager/measures/bucket.ts'
import { DAY, dayOf, MOST_BUCKETS } from '../../../manager/measures/points.ts'

const T = BUCKET * 6_000_000
const entry = (cpu: number): Entry => ({ seconds: 300, mean: [cpu, 1, 1, 1, 1, 1], most: [2 * cpu, 1, 1, 1, 1, 1] })

test('a day is 288 times five minutes; what was not measured is a gap', (t) => {
  const { times, mean, most, from, until } = dayOf(
    new Map([
      [T, entry(0.1)],
      [T - 2 * BUCKET, entry(0.3)],
      [T - DAY, entry(0.9)],
    ]),
    0,
    T + 1,
  )
  t.is(MOST_BUCKETS, 288)
  t.deepEqual([times.length, times[0], times.at(-1), from, until], [288, T - DAY + BUCKET, T, T - DAY + BUCKET, T + BUCKET])
  t.deepEqual(mean[0]?.slice(-4), [null, 0.3, null, 0.1])
  t.deepEqual(most?.[0]?.slice(-4), [null, 0.6, null, 0.2])
  t.is(mean[0]?.filter((one) => one !== null).length, 2)
})

test('who has asked before is told the five minutes that were not over, too; of what was never measured nothing is drawn', (t) => {
  t.deepEqual(dayOf(new Map([[T, entry(0.1)]]), T - BUCKET + 7, T + 1).times, [T - BUCKET, T])
  t.deepEqual(dayOf(new Map(), 0, T).times, [])
  t.deepEqual(dayOf(new Map([[T - DAY, entry(0.1)]]), 0, T).times, [])
})
