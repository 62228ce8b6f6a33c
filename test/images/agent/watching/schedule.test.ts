import test from 'ava'
import fc from 'fast-check'
import {
  haveRead,
  markStale,
  newSchedule,
  nextTime,
  type Schedule,
  takeDue,
  takeNow,
  untilSample,
} from '../../../../images/agent/watching/schedule.ts'
import { SECTION_NAMES } from '../../../../manager/protocol/inventory.ts'

const fresh = newSchedule(0)
const SECOND = 1000

test('a burst of events is read together, well within a second of the first', (t) => {
  const first = markStale(fresh, ['lvs'], 100)
  const more = markStale(markStale(first, ['vgs'], 300), ['lvs'], 450)
  t.is(nextTime(more), nextTime(first))
  t.true(nextTime(more) - 100 <= 500)
  t.deepEqual(takeDue(more, nextTime(more) - 1).names, [])
  t.deepEqual(takeDue(more, nextTime(more)).names, ['vgs', 'lvs'])
})

test('events that follow one another are no storm: each of them is read within a second, however long that goes on', (t) => {
  let schedule: Schedule = fresh
  const at = [0, 600, 1200, 1800, ...Array.from({ length: 40 }, (_, index) => 4000 + 1500 * index)]
  for (const event of at) {
    schedule = markStale(schedule, ['addresses'], event)
    t.is(schedule.at, event + 400)
    schedule = takeDue(schedule, event + 400).schedule
  }
})

test('events that do not cease are read more and more seldom, and soon again after a rest', (t) => {
  let schedule: Schedule = fresh
  const waits: number[] = []
  let now = 10
  for (let count = 0; count < 12; count += 1) {
    schedule = markStale(schedule, ['nics'], now)
    const at = schedule.at ?? now
    waits.push(at - now)
    now = at
    schedule = takeDue(schedule, now).schedule
  }
  t.deepEqual(waits, [400, 400, 400, 400, 400, 400, 400, 800, 800, 1600, 1600, 1600])
  t.is(markStale(schedule, ['nics'], now + 5000).at, now + 5400)
})

test('a reading that takes long is followed by a rest three times as long, and what is asked for by a person by none', (t) => {
  const begun = takeDue(markStale(fresh, ['lvs'], 0), 400).schedule
  const during = markStale(begun, ['vgs'], 1000)
  t.is(haveRead(during, ['lvs'], 400, 2400).at, 8400)
  t.is(markStale(haveRead(begun, ['lvs'], 400, 2400), ['vgs'], 3000).at, 8400)
  t.is(markStale(haveRead(begun, ['lvs'], 400, 2400), ['vgs'], 8200).at, 8600, 'rested enough')
  t.is(haveRead(during, ['lvs'], 400, 60_400).at, 75_400, 'at most a quarter of a minute')
  t.is(haveRead(takeNow(during, ['nics'], 500), ['nics'], 500, 2400).at, during.at)
})

test('what is read by its period alone has a twentieth of the time, and waits for three periods at most', (t) => {
  const { schedule, names } = takeDue(fresh, 60 * SECOND)
  t.true(names.includes('guests') && names.includes('vgs') && names.includes('drbd'))
  t.is(haveRead(schedule, names, 60 * SECOND, 60.1 * SECOND).due.vgs, 120 * SECOND, 'as its period is')
  const slow = haveRead(schedule, names, 60 * SECOND, 65 * SECOND).due
  t.deepEqual([slow.vgs, slow.guests, slow.drbd], [155 * SECOND, 150 * SECOND, 90 * SECOND])
  t.is(slow.numa, schedule.due.numa, 'it was not read')
  t.deepEqual([untilSample(5000, 20), untilSample(5000, 500), untilSample(5000, 4000)], [5000, 9500, 15_000])
})

test('every section is read again some time, without any event', (t) => {
  let schedule = fresh
  const read = new Set<string>()
  for (let now = 0; now <= 86_400 * SECOND; now = nextTime(schedule)) {
    const due = takeDue(schedule, now)
    schedule = due.schedule
    for (const name of due.names) read.add(name)
  }
  t.deepEqual([...read].sort(), [...SECTION_NAMES].sort())
})

test('what was just read on request is neither stale nor due', (t) => {
  const schedule = takeNow(markStale(fresh, ['drbd', 'lvs'], 9_000), ['drbd'], 9_500)
  t.deepEqual(takeDue(schedule, 9_900).names, ['lvs'])
  t.deepEqual(takeDue(takeNow(markStale(fresh, ['drbd'], 9_000), ['drbd'], 9_500), 10_500).names, [])
})

test('nothing marked stale is forgotten, and every reading moves time on', (t) => {
  const event = fc.tuple(fc.nat(3000), fc.subarray([...SECTION_NAMES]))
  const property = fc.property(fc.array(event, { maxLength: 60 }), (events) => {
    let schedule = fresh
    let now = 0
    const waiting = new Set<string>()
    for (const [gap, names] of events) {
      now += gap
      const due = takeDue(schedule, now)
      schedule = markStale(due.schedule, names, now)
      for (const name of due.names) waiting.delete(name)
      for (const name of names) waiting.add(name)
    }
    while (waiting.size > 0) {
      const next = nextTime(schedule)
      if (next > now + 9_000) return false
      now = Math.max(now, next)
      const due = takeDue(schedule, now)
      if (due.names.length === 0) return false
      schedule = due.schedule
      for (const name of due.names) waiting.delete(name)
    }
    return nextTime(schedule) > now
  })
  t.notThrows(() => fc.assert(property))
})
