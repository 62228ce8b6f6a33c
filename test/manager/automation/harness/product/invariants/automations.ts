// What must hold of automations at every moment.
import type { Invariant } from './moment.ts'

/** I3. */
export const acknowledgedStays: Invariant = ({ acknowledged, ledger }) =>
  acknowledged.filter((id) => !ledger.automations.some((one) => one.id === id)).map((id) => `I3: ${id} was acknowledged, and is gone`)

export const locksAreExclusive: Invariant = ({ ledger: { locks } }) =>
  locks.flatMap(({ key, access, automation }, at) =>
    locks
      .slice(at + 1)
      .filter((other) => other.key === key && (access === 'exclusive' || other.access === 'exclusive'))
      .map((other) => `${key} is held by ${automation} and by ${other.automation}`),
  )

/** What has ended holds nothing. */
export const theEndedHoldNothing: Invariant = ({ ledger: { locks, claims, automations } }) => {
  const ended = new Set(automations.flatMap(({ id, ended: at }) => (at === null ? [] : [id])))
  return [
    ...locks.flatMap(({ key, automation }) => (ended.has(automation) ? [`I8: ${automation} has ended, and holds ${key}`] : [])),
    ...claims.flatMap(({ holder, space }) => (ended.has(holder.id) ? [`I8: ${holder.id} has ended, and has claimed ${space}`] : [])),
  ]
}

/** I9. */
export const whoeverWaitsSaysWhatFor: Invariant = ({ ledger: { automations } }) =>
  automations.flatMap(({ id, state, reason }) =>
    state === 'needs-operator' && !/By hand: \S+/.test(reason ?? '') ? [`I9: ${id} needs an operator without a command: ${reason}`] : [],
  )

export const whoeverFailsSaysWhy: Invariant = ({ ledger: { automations } }) =>
  automations.flatMap(({ id, state, reason }) =>
    (state === 'failed' || state === 'aborted') && (reason ?? '') === '' ? [`${id} is ${state} without a reason`] : [],
  )

export const OF_AUTOMATIONS: readonly Invariant[] = [
  acknowledgedStays,
  locksAreExclusive,
  theEndedHoldNothing,
  whoeverWaitsSaysWhatFor,
  whoeverFailsSaysWhy,
]
