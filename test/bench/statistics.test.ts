import test from 'ava'
import fc from 'fast-check'
import { median, percentile } from './statistics.ts'

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 50 })

test('median is the middle value, or the mean of the two in the middle', (t) => {
  t.is(median([3]), 3)
  t.is(median([30, 1, 2]), 2)
  t.is(median([4, 1, 3, 2]), 2.5)
})

test('percentile is the nearest rank', (t) => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index)
  t.is(percentile(values, 0.99), 99)
  t.is(percentile(values, 0.5), 50)
  t.is(percentile(values, 1), 100)
  t.is(percentile(values, 0), 1)
  t.is(percentile([7], 0.99), 7)
})

test('no more than half of all values lie on either side of their median', (t) => {
  fc.assert(
    fc.property(numbers, (values) => {
      const middle = median(values)
      t.true(values.filter((value) => value < middle).length <= values.length / 2)
      t.true(values.filter((value) => value > middle).length <= values.length / 2)
    }),
  )
})

test('of no values there is neither a median nor a percentile', (t) => {
  t.throws(() => median([]), { instanceOf: RangeError })
  t.throws(() => percentile([], 0.5), { instanceOf: RangeError })
})
