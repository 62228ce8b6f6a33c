// Waits for what is known of something to come to one of the values that are waited for.
import type { AwaitEventEffect } from '../effect.ts'
import type { Act, Acting, ActingDeps } from './acting.ts'

export function actEvent({ feed, clock }: ActingDeps, { effect, started, answer }: Act<AwaitEventEffect>): Acting {
  const { topic, values, patience } = effect
  let isOver = false
  const drop = (): void => {
    isOver = true
    unsubscribe()
    cancelTimer()
  }
  const look = (value: string | undefined): void => {
    if (isOver || value === undefined || !values.includes(value)) return
    drop()
    answer({ kind: 'value', value })
  }
  const cancelTimer = clock.after(Math.max(0, started + patience - clock.now()), () => {
    drop()
    const known = feed.current(topic) ?? 'unknown'
    answer({ kind: 'failed', cause: 'late', reason: `${topic} is ${known} after ${patience / 1000} s, and not ${values.join(' or ')}` })
  })
  const unsubscribe = feed.subscribe((about, value) => {
    if (about === topic) look(value)
  })
  look(feed.current(topic))
  return { cancel: () => undefined, drop }
}
