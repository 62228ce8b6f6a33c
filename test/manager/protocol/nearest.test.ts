import test from 'ava'
import { nearestTo } from '../../../manager/protocol/nearest.ts'

test('the nearest name is offered, the first of equals, whatever its case', (t) => {
  t.is(nearestTo('nod03', ['host17', 'node03', 'node04']), 'node03')
  t.is(nearestTo('rakc1', ['rack2', 'rack1']), 'rack1')
  t.is(nearestTo('ndoe03', ['node03']), 'node03')
  t.is(nearestTo('NODE03', ['node03']), 'node03')
  t.is(nearestTo('ab', ['abc', 'abd']), 'abc')
})

test('what is far is not offered', (t) => {
  t.is(nearestTo('zzz', ['node03', 'ab']), undefined)
  t.is(nearestTo('', ['node03']), undefined)
  t.is(nearestTo('x', []), undefined)
})

test('among a hundred thousand long names the nearest is found', (t) => {
  const names = Array.from({ length: 100_000 }, (_, index) => `${'n'.repeat(250)}${index}`)
  t.regex(nearestTo('n'.repeat(251), names) ?? '', /^n{250}\d$/)
})
