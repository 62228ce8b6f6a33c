import test from 'ava'
import fc from 'fast-check'
import { entryOf, numbersOf, Tally, together } from '../../../manager/measures/bucket.ts'
import { MEASURES, type Measured } from '../../../manager/measures/measure.ts'

const value = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: null })
const measured: fc.Arbitrary<Measured> = fc.record({ cpu: value, memory: value, read: value, written: value, received: value, sent: value })
const samples = fc.array(fc.tuple(measured, fc.integer({ min: 1, max: 10_000 })), { minLength: 1, maxLength: 60 })

const entry = (all: readonly (readonly [Measured, number])[]) => {
  const tally = new Tally()
  for (const [one, span] of all) tally.add(one, span)
  return tally.entry()
}
/** Four digits are kept. */
const isNear = (a: number, b: number) => Math.abs(a - b) <= 0.001 * Math.max(Math.abs(a), Math.abs(b), 1e-6)

test('five minutes are a mean by time and the most of what was known; of what never was, nothing is claimed', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(samples, (all) => {
        const { mean, most } = entry(all)
        for (const [index, name] of MEASURES.entries()) {
          const known = all.flatMap(([one, span]) => (one[name] === null ? [] : [{ value: one[name], span }]))
          if (known.length === 0) {
            t.deepEqual([mean[index], most[index]], [null, null])
            continue
          }
          const spans = known.reduce((sum, one) => sum + one.span, 0)
          const expected = known.reduce((sum, one) => sum + one.value * one.span, 0) / spans
          t.true(isNear(mean[index] ?? -1, expected), `${name}: ${mean[index]} for ${expected}`)
          t.true(isNear(most[index] ?? -1, Math.max(...known.map((one) => one.value))))
        }
      }),
    ),
  )
})

test('an entry is written as thirteen numbers and read as it was', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(samples, (all) => {
        const numbers = numbersOf(entry(all))
        t.deepEqual(entryOf(JSON.parse(JSON.stringify(numbers))), entry(all))
        // A million times a million has thirteen digits; nothing smaller is longer, as four of them are kept.
        for (const one of numbers) t.true(JSON.stringify(one).length <= 13, JSON.stringify(numbers))
      }),
    ),
  )
  for (const other of [undefined, null, {}, [], [1, 2], 'x', Array(13).fill('1'), Array(13).fill(-1), Array(14).fill(1)])
    t.is(entryOf(other), undefined)
})

test('two parts of five minutes are the whole of it, in whatever order they come', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(samples, samples, (first, second) => {
        const [a, b] = [entry(first), entry(second)]
        t.deepEqual(together(a, b), together(b, a))
        const { mean, most } = together(a, b)
        for (const index of MEASURES.keys()) {
          const parts = [a, b].flatMap((one) => one.mean[index] ?? [])
          t.is(mean[index] === null, parts.length === 0)
          if (typeof mean[index] === 'number') {
            t.true(mean[index] >= Math.min(...parts) * 0.999 && mean[index] <= Math.max(...parts) * 1.001)
            t.is(most[index], Math.max(a.most[index] ?? 0, b.most[index] ?? 0))
          }
        }
      }),
    ),
  )
})

test('five minutes that were told of twice are five minutes', (t) => {
  const whole = { seconds: 200, mean: MEASURES.map(() => 1), most: MEASURES.map(() => 1) }
  t.is(together(whole, whole).seconds, 300)
})
