import test from 'ava'
import fc from 'fast-check'
import { heard, type Pace, paced } from '../../../manager/automation/pace.ts'

const copied = (done: number, total?: number) => ({ phase: 'copy', done, unit: 'MiB', ...(total === undefined ? {} : { total }) })

function after(...told: readonly (readonly [now: number, done: number])[]): Pace {
  const [[at, first] = [0, 0], ...rest] = told
  return rest.reduce((pace, [now, done]) => heard(pace, copied(done, 100), now), heard(undefined, copied(first, 100), at))
}

test('a rate, and what is left by it', (t) => {
  const pace = after([0, 0], [1000, 10], [4000, 40])
  t.like(paced(pace, 4000), { done: 40, rate: 10, secondsLeft: 6 })
  t.like(paced(pace, 8000), { rate: 5, secondsLeft: 12 }, 'it has said nothing since')
})

test('what is not known is not told: too little time, no total, nothing done', (t) => {
  t.deepEqual(paced(after([0, 0], [1000, 10]), 1000), copied(10, 100))
  t.deepEqual(paced(after([0, 10], [60_000, 10]), 60_000), copied(10, 100))
  const endless = heard(heard(undefined, copied(0), 0), copied(20), 4000)
  t.deepEqual(paced(endless, 4000), { ...copied(20), rate: 5 })
})

test('another phase, and one that begins anew, has a pace of its own; a link that has become slow is told soon', (t) => {
  const first = after([0, 0], [4000, 40])
  t.deepEqual(paced(heard(first, { ...copied(1), phase: 'verify' }, 5000), 8000), { ...copied(1), phase: 'verify' })
  t.is(heard(first, copied(2, 100), 5000).marks.length, 1)
  const slow = after([0, 0], [1000, 80], [30_000, 81], [61_000, 82])
  t.true((paced(slow, 61_000).rate ?? 1) < 0.1)
})

test('however often it is told of, little is kept of it, and its rate is right', (t) => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat(3)), { minLength: 60, maxLength: 400 })
  const property = fc.property(steps, (all) => {
    let [now, done] = [0, 0]
    let pace = heard(undefined, copied(0), 0)
    for (const [milliseconds, more] of all) {
      now += milliseconds
      done += more
      pace = heard(pace, copied(done), now)
      if (pace.marks.length > 32) return false
    }
    const [first] = pace.marks
    const { rate = 0 } = paced(pace, now)
    return first !== undefined && now - first.at <= 30_400 && Math.abs(rate * (now - first.at) - (done - first.done) * 1000) < 1
  })
  t.notThrows(() => fc.assert(property))
})
