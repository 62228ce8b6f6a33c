// What holds of a host whatever happens to it, in any order (security-notes, I1 and I5).
import test from 'ava'
import fc from 'fast-check'
import { type Standing, type StateEvent, type Transition, transition } from '../../../manager/hosts/state.ts'
import {
  conditionNow,
  HOST_STATES,
  isAnswering,
  isHarmless,
  isInService,
  POWERS,
  PRESENCES,
  SERVICES,
  stateOf,
  TRUSTS,
} from '../../../manager/protocol/host.ts'
import { hostIn } from './conditions.ts'

type Step = StateEvent | { readonly kind: 'hangs up' } | { readonly kind: 'claim' } | { readonly kind: 'known again' }

const STEPS: readonly Step[] = [
  ...[{ kind: 'approve' }, { kind: 'reject' }, { kind: 'boots' }, { kind: 'connects' }, { kind: 'silent', cause: 'c' }].map(
    (one) => one as StateEvent,
  ),
  ...[{ kind: 'maintain', guests: 0 }, { kind: 'resume' }, { kind: 'fence', proof: 'p' }, { kind: 'release' }].map(
    (one) => one as StateEvent,
  ),
  ...[{ kind: 'hangs up' } as const, { kind: 'claim' } as const, { kind: 'known again' } as const],
]

/** As enrolment and the pool have it: an agent of a rejected host is not let in, and another machine may only come while none is there. */
function take(host: Standing, step: Step): readonly [Standing, Transition | undefined] {
  switch (step.kind) {
    case 'hangs up':
      return [{ ...host, agent: 'absent' }, undefined]
    case 'claim':
      if (host.agent === 'connected' || host.trust !== 'approved') return [host, undefined]
      return [{ ...host, trust: 'pending', claimed: true }, undefined]
    case 'known again':
      return host.claimed && host.agent === 'absent' ? [{ ...host, trust: 'approved', claimed: false }, undefined] : [host, undefined]
    default: {
      const there: Standing = step.kind === 'connects' && host.trust !== 'rejected' ? { ...host, agent: 'connected' } : host
      const result = transition(there, step, 'x', 0)
      if (result.kind !== 'changed') return [there, result]
      const { trust, presence, service, power } = result.now
      const claimed = step.kind === 'approve' || step.kind === 'reject' ? false : there.claimed
      const agent = trust === 'rejected' ? 'absent' : there.agent
      return [{ ...there, trust, presence, service, power, claimed, agent }, result]
    }
  }
}

const stories = fc.array(fc.constantFrom(...STEPS), { maxLength: 40 })

function always(holds: (before: Standing, step: Step, after: Standing, result: Transition | undefined) => boolean): void {
  fc.assert(
    fc.property(stories, (steps) => {
      let host: Standing = { ...hostIn('pending'), name: 'node01', agent: 'absent', claimed: false }
      return steps.every((step) => {
        const [after, result] = take(host, step)
        const isGood = holds(host, step, after, result)
        host = after
        return isGood
      })
    }),
    { numRuns: 3000 },
  )
}

test('a host becomes harmless by a fence alone, never while its agent is connected, and one whose agent is connected is not', (t) => {
  always((before, step, after) => {
    if (!isHarmless(before) && isHarmless(after) && (step.kind !== 'fence' || before.agent === 'connected')) return false
    // Another machine that waits in its place has run nothing of ours.
    return !isHarmless(after) || after.agent === 'absent' || after.trust === 'pending'
  })
  t.pass()
})

test('a fence ends by its release alone, and an agent that answers after it is told of each time', (t) => {
  always((before, step, after, result) => {
    if (before.power === 'fenced' && after.power !== 'fenced' && step.kind !== 'release') return false
    if (step.kind !== 'connects' || before.power !== 'fenced' || before.trust === 'rejected') return true
    return result?.kind === 'refused' || (result?.kind === 'changed' && result.alarm !== undefined)
  })
  t.pass()
})

test('none becomes up without its agent, but by the end of its maintenance; service changes only by what an operator asks', (t) => {
  always((before, step, after) => {
    const isNewlyUp = stateOf(after) === 'up' && stateOf(before) !== 'up'
    if (isNewlyUp && after.agent === 'absent' && step.kind !== 'resume' && step.kind !== 'known again') return false
    return after.service === before.service || step.kind === 'maintain' || step.kind === 'resume'
  })
  t.pass()
})

test('a host that answers no more is lost when that is said, in maintenance or not, and no other becomes so', (t) => {
  always((before, step, after) => {
    const isGone = before.trust === 'approved' && before.agent === 'absent' && (before.presence === 'up' || before.presence === 'booting')
    if (step.kind !== 'silent') return after.presence !== 'lost' || before.presence === 'lost'
    return isGone ? after.presence === 'lost' : after.presence === before.presence
  })
  t.pass()
})

test('the word is the gravest of the four, and what may be done follows from them', (t) => {
  const condition = fc.record({
    trust: fc.constantFrom(...TRUSTS),
    presence: fc.constantFrom(...PRESENCES),
    service: fc.constantFrom(...SERVICES),
    power: fc.constantFrom(...POWERS),
  })
  fc.assert(
    fc.property(condition, (one) => {
      const state = stateOf(one)
      t.true(HOST_STATES.includes(state))
      if (one.trust !== 'approved' || one.power === 'fenced') t.false(isAnswering(one) || isInService(one))
      if (one.service === 'maintenance') t.false(isInService(one))
      if (one.presence === 'lost' && one.trust === 'approved') t.true(state === 'lost' || state === 'fenced')
      if (one.presence === 'up') t.is(isInService(one), state === 'up')
      if (isHarmless(one) && one.trust !== 'rejected') t.is(state, 'fenced')
    }),
  )
  for (const state of HOST_STATES) t.is(stateOf(hostIn(state)), state)
  for (const state of ['up', 'approved', 'booting', 'lost', 'maintenance'] as const)
    t.is(stateOf(conditionNow(hostIn(state), 'absent')), state, 'as it is shown while its agent is away')
})
