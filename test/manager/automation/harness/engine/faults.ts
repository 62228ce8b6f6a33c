// What goes wrong in a simulated run: at the n-th request that hosts get, at the n-th commit of a manager, at a moment.
import type { Random } from '../random.ts'

/**
 * `fails`: it is not done. `half`: it is done, and called unknown. `hangs`: it is neither done nor answered, nor ended when it is cancelled.
 * `lost`: done, and the connection ends before the answer. `twice`: it comes twice, and is answered twice. `late`: answered after minutes.
 * `never`: done, and never answered. `forgets`: done, and the agent starts anew before it answers. `dies`: the host goes in the middle of it, and comes back.
 */
export const REQUEST_FAULTS = ['fails', 'half', 'hangs', 'lost', 'twice', 'late', 'never', 'forgets', 'dies before', 'dies after'] as const
export type RequestFault = (typeof REQUEST_FAULTS)[number]

/** The manager ends before or after a commit, and another one comes. `joined`: another one comes, and it does not end. */
export const COMMIT_FAULTS = ['killed before', 'killed after', 'joined before', 'joined after', 'disk full'] as const
export type CommitFault = (typeof COMMIT_FAULTS)[number]

export type Fault =
  | { readonly kind: 'request'; readonly at: number; readonly fault: RequestFault }
  | { readonly kind: 'commit'; readonly at: number; readonly fault: CommitFault }
  /** An answer has come to the manager, and it ends before it has read it. */
  | { readonly kind: 'killed at answer'; readonly at: number }
  /** Milliseconds from the start. */
  | { readonly kind: 'abort'; readonly at: number }
  | { readonly kind: 'hook'; readonly fault: 'vetoes' | 'hangs' | 'warns' }
  /** What was announced never comes. */
  | { readonly kind: 'event'; readonly fault: 'late' | 'never' }
  | { readonly kind: 'claim'; readonly fault: 'taken' }

export function sayFault(fault: Fault): string {
  return JSON.stringify(fault)
}

/** One to four of them, among so many requests and commits. */
export function someFaults(random: Random, requests: number, commits: number): readonly Fault[] {
  return Array.from({ length: random.whole(1, 4) }, () => oneFault(random, requests, commits))
}

function oneFault(random: Random, requests: number, commits: number): Fault {
  const dice = random.next()
  if (dice < 0.45) return { kind: 'request', at: random.whole(1, requests), fault: random.of(REQUEST_FAULTS) }
  if (dice < 0.7) return { kind: 'commit', at: random.whole(1, commits), fault: random.of(COMMIT_FAULTS) }
  if (dice < 0.78) return { kind: 'killed at answer', at: random.whole(1, requests) }
  if (dice < 0.93) return { kind: 'abort', at: random.whole(0, 4000) }
  if (dice < 0.96) return { kind: 'hook', fault: random.of(['vetoes', 'hangs', 'warns']) }
  return dice < 0.98 ? { kind: 'event', fault: random.of(['late', 'never']) } : { kind: 'claim', fault: 'taken' }
}
