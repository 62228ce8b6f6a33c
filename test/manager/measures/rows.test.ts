import test from 'ava'
import { measuredIn } from '../../../manager/measures/measure.ts'
import { Book } from '../../../manager/measures/rows.ts'
import { guestSample, sampleOf } from './samples.ts'

test('of guests beyond those that a host may have nobody is asked whose they are: that would be remembered', (t) => {
  const book = new Book('a', 0)
  let asked = 0
  for (const from of [0, 2048, 4096]) {
    const sample = sampleOf(Array.from({ length: 2048 }, (_, index) => guestSample(from + index)))
    book.add(
      measuredIn(sample, () => 1),
      5000,
      () => {
        asked += 1
        return true
      },
    )
  }
  t.is(asked, 2048)
  t.is(book.guests().length, 2048)
})
