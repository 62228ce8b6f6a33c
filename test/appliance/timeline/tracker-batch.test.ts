// Events noted together, as a server that is asked by many does.
import test from 'ava'
import fc from 'fast-check'
import { HOST_LIMIT } from '../../../appliance/timeline/kept.ts'
import { apply, applyAll, newTracker, type Observed, type Tracker } from '../../../appliance/timeline/tracker.ts'
import { macFromBytes } from '../../../appliance/wire/addresses.ts'
import { mac } from '../boot/plans.ts'
import { ADDRESS, dhcp, dropped, MAC, NAMES, report, script, T0 } from './boots.ts'

const MACHINES = [MAC, mac('52:54:00:99:00:01'), mac('52:54:00:99:00:02')]
const EVENTS = [dhcp('DISCOVER', 'firmware'), dhcp('REQUEST', 'ipxe'), script(), dropped('dhcp', 'cut off'), report('up', 'done')]
const step = fc.record({
  mac: fc.constantFrom(...MACHINES),
  event: fc.constantFrom(...EVENTS),
  passes: fc.constantFrom(0, 10, 1000, 200_000),
})

test('events that are noted together come to what they come to one by one, and are written the same', (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 8 }), (batches) => {
      let [single, batched]: [Tracker, Tracker] = [newTracker(NAMES, []), newTracker(NAMES, [])]
      let at = T0
      let count = 0
      for (const batch of batches) {
        const events = batch.map(({ mac: machine, event, passes }): Observed => {
          at += passes
          count += 1
          return { mac: machine, event, at, freshId: `a${count}` }
        })
        const before = batched
        const had = [...batched.hosts]
        const together = applyAll(batched, events)
        t.deepEqual([...before.hosts], had, 'what was there is not changed')
        const alone = events.map((one) => {
          const change = apply(single, one.mac, one.event, one.at, one.freshId)
          single = change.tracker
          return change
        })
        batched = together.tracker
        t.deepEqual(
          together.write,
          alone.flatMap(({ write }) => write),
        )
        const last = new Map(alone.flatMap(({ changed }) => changed.map((view) => [view.id, view] as const)))
        t.deepEqual(together.changed, [...last.values()])
        t.deepEqual([...batched.hosts], [...single.hosts])
      }
    }),
  )
})

test('a flood that is noted at once is bounded, and takes no known host', (t) => {
  const event = dhcp('DISCOVER', 'firmware', { address: ADDRESS })
  const flood = Array.from({ length: HOST_LIMIT + 200 }, (_, index) => ({
    mac: index === 0 ? MAC : macFromBytes(Uint8Array.of(2, 0, 0, 0, index >> 8, index & 255)),
    event,
    at: T0 + index,
    freshId: `a${index}`,
  }))
  const { tracker } = applyAll(newTracker(NAMES, []), flood)
  t.is(tracker.hosts.size, HOST_LIMIT + 1)
  t.true(tracker.hosts.has(MAC))
})
