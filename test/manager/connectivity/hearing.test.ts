import test from 'ava'
import fc from 'fast-check'
import { hearingGroups } from '../../../manager/connectivity/hearing.ts'
import { mac } from './inventories.ts'

interface Station {
  readonly number: number
  readonly macs: readonly string[]
  readonly heard: readonly string[]
}

const station = (number: number, hears: readonly number[]): Station => ({
  number,
  macs: [mac(number)],
  heard: hears.map(mac).toSorted(),
})
const groups = (stations: readonly Station[]): readonly (readonly number[])[] =>
  hearingGroups(stations).map((group) => group.map(({ number }) => number))

/** Each station with all that it reaches by hearing and being heard, step by step. */
function reachable(stations: readonly Station[], from: Station): readonly number[] {
  const reached = new Set([from])
  for (const each of reached) {
    for (const other of stations) {
      if (other.macs.some((one) => each.heard.includes(one)) || each.macs.some((one) => other.heard.includes(one))) reached.add(other)
    }
  }
  return [...reached].map(({ number }) => number).toSorted((a, b) => a - b)
}

test('groups are just those that hearing brings together, in whatever direction', (t) => {
  const stations = fc
    .array(fc.uniqueArray(fc.nat(13), { maxLength: 3 }), { maxLength: 12 })
    .map((all) => all.map((hears, number) => station(number, hears)))
  fc.assert(
    fc.property(stations, (all) => {
      const expected = new Set(all.map((each) => reachable(all, each).join()))
      t.deepEqual(
        groups(all)
          .map((group) => group.join())
          .toSorted(),
        [...expected].toSorted(),
      )
    }),
  )
})

test('a thousand that all hear all are one group, and so is one that only the last of them hears', (t) => {
  const everyone = Array.from({ length: 1000 }, (_, number) => number)
  const all = everyone.map((number) => station(number, number === 999 ? [...everyone, 5000] : everyone))
  t.deepEqual(groups([...all, station(5000, [])]), [[...everyone, 5000]])
})

test('of two stations with one address the first is taken, and nobody hears nothing', (t) => {
  t.deepEqual(groups([station(1, []), station(1, []), station(2, [1])]), [[1, 2], [1]])
  t.deepEqual(groups([]), [])
})
