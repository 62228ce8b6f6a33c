import test from 'ava'
import { isOver, newPace, newPatience, sayAwaited, see, slowness, USUAL_BOOT_MS } from './patience.ts'

test('a boot that took seven times as long gives seven times for what follows, a fast one no less than usual', (t) => {
  t.is(slowness(7 * USUAL_BOOT_MS), 7)
  t.is(slowness(USUAL_BOOT_MS / 3), 1)
  t.is(slowness(Number.POSITIVE_INFINITY), 20)
})

test('a rack’s deadlines are as its newest boot was', (t) => {
  const pace = newPace()
  t.is(pace.allow(100), 100)
  pace.booted(3 * USUAL_BOOT_MS)
  t.is(pace.allow(100), 300)
  pace.booted(USUAL_BOOT_MS)
  t.is(pace.allow(100), 100)
  pace.took(8_000, 2_000)
  t.is(pace.allow(100), 400, 'where nothing boots, as what else was slow')
  pace.booted(1.00001 * USUAL_BOOT_MS)
  t.is(pace.allow(100), 101, 'a timer refuses a part of a millisecond')
})

test('patience ends after so long without a change; a change begins it anew', (t) => {
  let patience = newPatience(1000, 0)
  t.false(isOver(patience, 1000))
  t.true(isOver(patience, 1001), 'nothing was ever seen')
  patience = see(patience, 'one host', 900)
  patience = see(patience, 'one host', 1800)
  t.false(isOver(patience, 1900))
  t.true(isOver(patience, 1901), 'the same again is no progress')
  t.false(isOver(see(patience, 'two hosts', 1901), 2800))
})

test('what is awaited is said with what was seen last', (t) => {
  const patience = see(newPatience(1000, 0), '{"hosts":[]}', 2000)
  t.is(sayAwaited('up: node1', patience, 47_000), 'awaited: up: node1; the same for 45 s: {"hosts":[]}')
  t.is(sayAwaited('up: node1', newPatience(1, 0), 1000), 'awaited: up: node1; the same for 1 s: nothing yet')
})
