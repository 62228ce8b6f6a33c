import test from 'ava'
import fc from 'fast-check'
import type { KeptGuest } from '../../../../images/agent/guests/kept.ts'
import { afterFailure, decide, MOST_CRASHES, type Seen, WITHIN } from '../../../../images/agent/guests/policy.ts'
import { GUEST } from './guest.ts'

const SEEN: readonly Seen[] = ['running', 'paused', 'suspended', 'shutdown', 'crashed', 'dying', 'unknown', 'gone', 'rebooting']
const kept = (changed: Partial<KeptGuest>): KeptGuest => ({ guest: GUEST, restart: 'always', state: 'started', crashes: [], ...changed })

const TABLE: readonly (readonly [restart: KeptGuest['restart'], state: KeptGuest['state'], seen: Seen, kind: string])[] = [
  ['always', 'started', 'crashed', 'start'],
  ['on-failure', 'started', 'crashed', 'start'],
  ['never', 'started', 'crashed', 'nothing'],
  ['always', 'started', 'gone', 'start'],
  ['on-failure', 'started', 'gone', 'clear'],
  ['never', 'started', 'gone', 'clear'],
  ['always', 'started', 'shutdown', 'start'],
  ['on-failure', 'started', 'shutdown', 'clear'],
  ['always', 'started', 'rebooting', 'nothing'],
  ['always', 'started', 'paused', 'nothing'],
  ['always', 'ending', 'gone', 'clear'],
  ['always', 'ending', 'crashed', 'nothing'],
  ['always', 'restarting', 'paused', 'start'],
  ['always', 'restarting', 'running', 'settle'],
  ['always', 'restarting', 'gone', 'start'],
  ['never', 'restarting', 'paused', 'clear'],
  ['on-failure', 'starting', 'paused', 'start'],
]

for (const [restart, state, seen, kind] of TABLE) {
  test(`${restart}, ${state}, and it is ${seen}: ${kind}`, (t) =>
    t.is<string, string>(decide(kept({ restart, state }), seen, 100).kind, kind))
}

test('a guest that runs, is paused, saved or moved is left alone whatever its policy is', (t) => {
  for (const seen of ['running', 'paused', 'suspended', 'dying', 'unknown', 'rebooting'] as const)
    for (const restart of ['never', 'on-failure', 'always'] as const) t.is(decide(kept({ restart }), seen, 100).kind, 'nothing')
})

test('the fifth crash in ten minutes is the last; four, or five in a longer time, are not', (t) => {
  const crashes = [100, 200, 300, 400]
  t.deepEqual(decide(kept({ crashes: crashes.slice(1) }), 'crashed', 500), { kind: 'start', crashes: [200, 300, 400, 500] })
  t.like(decide(kept({ crashes }), 'crashed', 500), { kind: 'give-up', crashes: [...crashes, 500] })
  t.deepEqual(decide(kept({ crashes }), 'crashed', 100 + WITHIN), { kind: 'start', crashes: [200, 300, 400, 100 + WITHIN] })
})

test('an end from inside is no crash, but counts with one that always runs: it would be started for ever', (t) => {
  t.deepEqual(decide(kept({ crashes: [2, 3, 4] }), 'gone', 5), { kind: 'start', crashes: [2, 3, 4, 5] })
  t.like(decide(kept({ crashes: [1, 2, 3, 4] }), 'gone', 5), { kind: 'give-up', crashes: [1, 2, 3, 4, 5] })
  t.deepEqual(decide(kept({ restart: 'on-failure', crashes: [1, 2, 3, 4] }), 'gone', 5), { kind: 'clear' })
})

test('one that could not be started is tried again later, ever later, and given up after the fifth time', (t) => {
  t.like(afterFailure(kept({ state: 'restarting' }), 100), { kind: 'retry', crashes: [100], until: 110 })
  t.like(afterFailure(kept({ state: 'restarting', crashes: [100, 110] }), 130), { kind: 'retry', until: 160 })
  t.is(afterFailure(kept({ state: 'restarting', crashes: [1, 2, 3, 4] }), 10).kind, 'give-up')
  t.deepEqual(decide(kept({ state: 'restarting', crashes: [100, 110] }), 'gone', 115), { kind: 'wait', until: 130 })
  t.is(decide(kept({ state: 'restarting', crashes: [100, 110] }), 'gone', 130).kind, 'start')
})

const anyKept = fc.record({
  restart: fc.constantFrom('never' as const, 'on-failure' as const, 'always' as const),
  state: fc.constantFrom('starting' as const, 'restarting' as const, 'started' as const, 'ending' as const),
  crashes: fc.array(fc.nat(2000), { maxLength: 16 }).map((all) => all.toSorted((a, b) => a - b)),
})

test('whatever is seen: with never, once its end is wanted, or once it was given up, nothing is started', (t) => {
  fc.assert(
    fc.property(anyKept, fc.constantFrom(...SEEN), fc.integer({ min: 2000, max: 4000 }), (some, seen, now) => {
      const isStart = (changed: Partial<KeptGuest>): boolean => decide(kept({ ...some, ...changed }), seen, now).kind === 'start'
      t.false(isStart({ restart: 'never' }))
      t.false(isStart({ state: 'ending' }))
      t.false(isStart({ state: 'started', down: 'too often' }))
    }),
  )
})

test('a guest that crashes or ends at any times is never started anew for a fifth time in ten minutes', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 40 }), fc.constantFrom('crashed' as const, 'gone' as const), (gaps, how) => {
      let [now, guest] = [0, kept({ restart: 'always' })]
      const starts: number[] = []
      for (const gap of gaps) {
        now += gap
        const decision = decide(guest, how, now)
        if (decision.kind === 'give-up') break
        if (decision.kind !== 'start') return t.fail(decision.kind)
        starts.push(now)
        guest = { ...guest, crashes: decision.crashes }
      }
      for (const at of starts) t.true(starts.filter((one) => one <= at && at - one < WITHIN).length < MOST_CRASHES)
    }),
  )
})
