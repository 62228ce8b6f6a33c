// What the agent does by itself about a guest whose domain has crashed or is gone: by its policy, by what Xen shows, and by how often it
// has crashed. Pure; times are seconds since the boot.
import type { DomainRow } from '../inventory/xl-list.ts'
import type { KeptGuest } from './kept.ts'

/** `gone`: there is none, and no xl that would make it anew after a reboot. */
export type Seen = DomainRow['state'] | 'gone' | 'rebooting'

export type Decision =
  | { readonly kind: 'nothing' }
  /** Its domain is whole and runs: an agent has ended before it wrote that down. */
  | { readonly kind: 'settle' }
  | { readonly kind: 'start'; readonly crashes: readonly number[] }
  /** To be looked at again at this time. */
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'give-up'; readonly crashes: readonly number[]; readonly reason: string }
  /** What is left of its domain goes, its devices are closed, and nothing is kept of it. */
  | { readonly kind: 'clear' }

/** So many ends within so many seconds are too many. */
export const MOST_CRASHES = 5
export const WITHIN = 600
/** Seconds until it is tried again where it could not be started, times the crashes there were. */
const PATIENCE = 10

const NOTHING: Decision = { kind: 'nothing' }

export function decide({ restart, state, crashes, down }: KeptGuest, seen: Seen, now: number): Decision {
  const isOver = seen === 'gone' || seen === 'shutdown'
  switch (state) {
    case 'ending':
      return isOver ? { kind: 'clear' } : NOTHING
    case 'started':
      if (down !== undefined) return NOTHING
      if (seen === 'crashed') return restart === 'never' ? NOTHING : again([...crashes, now], now)
      // Also one that powers off as soon as it runs: it would be started for ever.
      if (isOver) return restart === 'always' ? again([...crashes, now], now) : { kind: 'clear' }
      return NOTHING
    case 'arriving':
      // Whoever let it go on has ended before that was written down.
      return seen === 'running' ? { kind: 'settle' } : NOTHING
    case 'leaving':
      return NOTHING
    case 'starting':
    case 'restarting':
      if (seen === 'running') return { kind: 'settle' }
      if (seen === 'dying' || seen === 'suspended' || seen === 'unknown' || seen === 'rebooting') return NOTHING
      if (restart === 'never') return { kind: 'clear' }
      return soon(crashes, now)
  }
}

/** Of one that could not be started: when it is tried again, if it is. */
export function afterFailure(kept: KeptGuest, now: number): Extract<Decision, { kind: 'give-up' }> | Retry {
  const next = again([...kept.crashes, now], now)
  return next.kind === 'give-up' ? next : { kind: 'retry', crashes: next.crashes, until: now + PATIENCE * next.crashes.length }
}

export interface Retry {
  readonly kind: 'retry'
  readonly crashes: readonly number[]
  readonly until: number
}

export function recent(crashes: readonly number[], now: number): readonly number[] {
  return crashes.filter((at) => now - at < WITHIN)
}

function again(all: readonly number[], now: number): Extract<Decision, { kind: 'start' | 'give-up' }> {
  const crashes = recent(all, now)
  if (crashes.length < MOST_CRASHES) return { kind: 'start', crashes }
  return { kind: 'give-up', crashes, reason: `it ended, or could not be started, ${crashes.length} times in ${WITHIN / 60} minutes` }
}

function soon(all: readonly number[], now: number): Decision {
  const crashes = recent(all, now)
  const until = (crashes.at(-1) ?? 0) + PATIENCE * crashes.length
  return until > now ? { kind: 'wait', until } : { kind: 'start', crashes }
}
