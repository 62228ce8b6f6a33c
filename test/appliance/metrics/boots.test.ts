import test from 'ava'
import { BootEnds } from '../../../appliance/metrics/boots.ts'
import type { AttemptState, AttemptView } from '../../../appliance/timeline/timeline.ts'
import { parseMac } from '../../../appliance/wire/addresses.ts'

const MAC = parseMac('52:54:00:77:00:01')
const view = (id: string, state: AttemptState, ...stages: [stage: AttemptView['stages'][number]['stage'], at: number][]): AttemptView => {
  if (!MAC) throw new Error('a MAC of the test itself is malformed')
  const seen = stages.map(([stage, at]) => ({ stage, at, seconds: 0, status: 'done' as const, detail: '' }))
  return { id, host: 'node01', mac: MAC, startedAt: 1000, state, stages: seen }
}

test('a boot that ends is told once, with where it got to and its time', (t) => {
  const ends = new BootEnds([])
  t.is(ends.of(view('a', 'booting', ['firmware', 1000])), undefined)
  t.deepEqual(ends.of(view('a', 'up', ['firmware', 1000], ['up', 43_000])), { outcome: 'up', stage: 'up', seconds: 42 })
  t.is(ends.of(view('a', 'up', ['firmware', 1000], ['up', 43_000])), undefined)
})

test('one that hung and comes up is told twice, one that was there at the start not at all', (t) => {
  const ends = new BootEnds([view('old', 'up', ['up', 2000])])
  t.is(ends.of(view('old', 'up', ['up', 2000])), undefined)
  t.like(ends.of(view('b', 'stuck', ['ipxe', 5000])), { outcome: 'stuck', stage: 'ipxe' })
  t.like(ends.of(view('b', 'up', ['up', 9000])), { outcome: 'up' })
  t.like(ends.of(view('c', 'failed')), { outcome: 'failed', stage: 'firmware', seconds: 0 })
})
