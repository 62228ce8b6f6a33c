// Which attempts are kept in memory: of each host the newest, of hosts those heard of last. Pure.
import type { Mac } from '../wire/addresses.ts'
import { type Attempt, hasRoot } from './attempt.ts'
import type { AttemptState } from './timeline.ts'

/** Hosts kept in memory; those that the config knows, and those that run an image of ours, come on top. */
export const HOST_LIMIT = 1024
/** Attempts kept of a host, the newest; the one whose root it last mounted comes on top. */
export const ATTEMPT_LIMIT = 8

export interface Tracked {
  readonly attempt: Attempt
  /** The store has it. */
  readonly stored: boolean
  /** As last shown to those who watch. */
  readonly shown: AttemptState
}

/** The newest attempts, and the one that holds the generation this host runs. */
export function prune(tracked: readonly Tracked[]): { readonly kept: readonly Tracked[]; readonly dropped: readonly Tracked[] } {
  const running = tracked.find(({ attempt }) => hasRoot(attempt))
  const keeps = (one: Tracked, index: number): boolean => index < ATTEMPT_LIMIT || one === running
  return { kept: tracked.filter(keeps), dropped: tracked.filter((one, index) => !keeps(one, index)) }
}

/** When there are too many, takes out of `hosts` those longest not heard of, DHCP-only ones first; says which attempts that were. */
export function evict(names: ReadonlyMap<Mac, string>, hosts: Map<Mac, readonly Tracked[]>): readonly Tracked[] {
  if (hosts.size <= HOST_LIMIT) return []
  const idle = ([mac, tracked]: readonly [Mac, readonly Tracked[]]): boolean =>
    !names.has(mac) && !tracked.some(({ attempt }) => hasRoot(attempt))
  const candidates = [...hosts].filter(idle)
  const isStored = ([, tracked]: readonly [Mac, readonly Tracked[]]): boolean => tracked.some(({ stored }) => stored)
  const [unstored, stored] = [candidates.filter((one) => !isStored(one)), candidates.filter(isStored)]
  const evicted = [...unstored, ...stored].slice(0, Math.max(0, candidates.length - HOST_LIMIT))
  for (const [host] of evicted) hosts.delete(host)
  return evicted.flatMap(([, tracked]) => tracked)
}
