import test from 'ava'
import { lapsText, newLaps } from './laps.ts'

test('laps follow one another without a gap, and are told in their order with their sum', (t) => {
  const laps = newLaps(1000)
  laps.done('image', 1500)
  laps.done('boot', 45_500)
  t.is(lapsText(laps.all), 'Where 44.5 s went: image 0.5 s, boot 44.0 s.')
})
