import test from 'ava'
import { TELL_PERIOD, Throttle } from '../../../../images/agent/jobs/throttle.ts'
import { TestClock } from '../clock.ts'

test('a word a millisecond is told at most twice a second, the first at once and the newest last', async (t) => {
  const clock = new TestClock()
  const told: [at: number, word: number][] = []
  const throttle = new Throttle<number>(clock, (word) => told.push([clock.now, word]))
  for (let word = 0; word < 1200; word += 1) {
    throttle.say(word)
    await clock.advance(1)
  }
  await clock.advance(10_000)
  t.deepEqual(told, [
    [0, 0],
    [TELL_PERIOD, 499],
    [2 * TELL_PERIOD, 999],
    [3 * TELL_PERIOD, 1199],
  ])
  throttle.say(5000)
  throttle.say(5001)
  throttle.stop()
  await clock.advance(10_000)
  t.deepEqual([told.length, told.at(-1)?.[1], clock.pending], [5, 5000, 0])
})
