import test from 'ava'
import { type Attempt, Attempts, pauseAfter } from '../../../manager/reconcile/attempts.ts'
import { TestClock } from '../../images/agent/clock.ts'

function setUp(outcomes: (Attempt | Error)[]) {
  const clock = new TestClock()
  const done: number[] = []
  const attempts = new Attempts({
    act: async () => {
      done.push(clock.now)
      const outcome = outcomes.shift() ?? 'done'
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    after: (milliseconds, action) => clock.after(milliseconds, action),
    random: () => 0.5,
  })
  return { clock, done, attempts }
}

test('what fails is tried again after 5, 10, 20 s …, and not after it is done', async (t) => {
  const { clock, done, attempts } = setUp(['again', new Error('no'), 'again', 'done'])
  attempts.want('a')
  await clock.advance(1_000_000)
  t.deepEqual(done, [0, 5000, 15_000, 35_000])
  t.is(clock.pending, 0)
})

test('who wants it again waits with it, unless something has changed', async (t) => {
  const { clock, done, attempts } = setUp(['again', 'again', 'done'])
  attempts.want('a')
  await clock.advance(1000)
  attempts.want('a')
  await clock.advance(1000)
  t.deepEqual(done, [0])
  attempts.want('a', 'the host is back')
  await clock.advance(5000)
  t.deepEqual(done, [0, 2000, 7000])
})

test('it is done once at a time, and once more for all who wanted it meanwhile', async (t) => {
  const clock = new TestClock()
  const under: ((attempt: Attempt) => void)[] = []
  const attempts = new Attempts({
    act: () => new Promise((resolve) => under.push(resolve)),
    after: (milliseconds, action) => clock.after(milliseconds, action),
    random: () => 0,
  })
  for (let count = 0; count < 3; count += 1) attempts.want('a')
  attempts.want('b')
  t.is(under.length, 2)
  under[0]?.('done')
  await clock.advance(0)
  t.is(under.length, 3)
  under[2]?.('done')
  await clock.advance(0)
  t.is(under.length, 3)
})

test('what is dropped or closed is not tried again', async (t) => {
  const { clock, done, attempts } = setUp(['again', 'again'])
  attempts.want('a')
  attempts.want('b')
  await clock.advance(0)
  attempts.drop('a')
  attempts.close()
  await clock.advance(100_000)
  attempts.want('c')
  t.is(done.length, 2)
})

test('pauses grow to ten minutes and are spread by a quarter', (t) => {
  t.is(pauseAfter(1, 0.5), 5000)
  t.is(pauseAfter(50, 0.5), 600_000)
  t.deepEqual([pauseAfter(1, 0), pauseAfter(1, 1)], [3750, 6250])
})
