// What may be changed of a host, as decisions: the row as it is → what to write and what history says of it. Pure.
import { notSeen } from '../enrolment/seen.ts'
import type { ProblemCode } from '../outcome.ts'
import {
  GROUP_NAME,
  HOST_NAME,
  type HostCondition,
  LONGEST_NOTES,
  LONGEST_REASON,
  MOST_GROUPS,
  UNPRINTABLE_NOTES,
} from '../protocol/host.ts'
import type { Cordon, HostRecord, IdentityClaim } from '../store/tables/hosts.ts'
import { type Standing, type StateEvent, transition } from './state.ts'

export type Wish =
  | { readonly kind: 'state'; readonly event: StateEvent }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'group'; readonly groups: readonly string[] }
  | { readonly kind: 'note'; readonly notes: string }
  /** `unless`: one that is cordoned already stays so for its own reason; `to`: its guests go, until that is said to be over. */
  | { readonly kind: 'cordon'; readonly reason: string; readonly unless?: 'cordoned'; readonly to?: 'evacuate' }
  /** `of`: only where it was cordoned for this reason; whose guests go, they go no more. */
  | { readonly kind: 'uncordon'; readonly of?: string }
  /** Its guests have gone, or stay; the cordon does. */
  | { readonly kind: 'evacuated' }

export type Ruling =
  | {
      readonly kind: 'change'
      readonly set: Partial<HostCondition> & {
        readonly proof?: string
        readonly name?: string
        readonly groups?: readonly string[]
        readonly notes?: string
        readonly cordon?: Cordon | 'none'
      }
      readonly what: string
      /** The machine that boots as this host is the host from now on. */
      readonly takes?: IdentityClaim
      /** What a person has to look at, whatever becomes of it. */
      readonly alarm?: string
    }
  /** It is so already. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: ProblemCode }

/** `isNameTaken`: by another host. */
export function rule(
  wish: Wish,
  host: HostRecord,
  {
    isConnected,
    isNameTaken,
    who,
    at,
  }: { readonly isConnected: boolean; readonly isNameTaken: boolean; readonly who: string; readonly at: number },
): Ruling {
  switch (wish.kind) {
    case 'state': {
      const { name, claim } = host
      const next = transition(standingOf(host, isConnected ? 'connected' : 'absent'), wish.event, who, at)
      if (next.kind !== 'changed') return next.kind === 'same' ? { kind: 'nothing' } : next
      if (wish.event.kind === 'approve') {
        const reason = notSeen(host, wish.event.seen)
        if (reason !== undefined) return { kind: 'refused', reason, code: 'identity' }
      }
      const { now: set, change, alarm } = next
      const { what } = change
      if (wish.event.kind === 'approve' && claim)
        return { kind: 'change', set, what: `${what}; ${name} from now on: ${claim.differs.join('; ')}`, takes: claim }
      return { kind: 'change', set, what, ...(alarm === undefined ? {} : { alarm }) }
    }
    case 'rename': {
      const { name } = wish
      if (!HOST_NAME.test(name)) return refused('a host name has 1 to 63 of a-z 0-9 -, and begins and ends with a letter or digit')
      if (name === host.name) return { kind: 'nothing' }
      return isNameTaken
        ? refused(`another host is called ${name}`)
        : { kind: 'change', set: { name }, what: `renamed from ${host.name} to ${name}` }
    }
    case 'group': {
      const groups = [...new Set(wish.groups)].sort()
      if (groups.length > MOST_GROUPS || !groups.every((group) => GROUP_NAME.test(group))) {
        return refused(`a host is in at most ${MOST_GROUPS} groups, each named with 1 to 63 of a-z 0-9 _ . -`)
      }
      if (groups.join(' ') === host.groups.join(' ')) return { kind: 'nothing' }
      return { kind: 'change', set: { groups }, what: `groups: ${groups.join(' ') || 'none'} (before: ${host.groups.join(' ') || 'none'})` }
    }
    case 'note': {
      const { notes } = wish
      if (notes.length > LONGEST_NOTES || UNPRINTABLE_NOTES.test(notes)) {
        return refused(`notes have at most ${LONGEST_NOTES} printable characters`)
      }
      return notes === host.notes ? { kind: 'nothing' } : { kind: 'change', set: { notes }, what: 'notes changed' }
    }
    case 'cordon':
      return cordon(host, wish, who, at)
    case 'uncordon': {
      const { cordon: standing } = host
      if (!standing) return { kind: 'nothing' }
      if (wish.of !== undefined && wish.of !== standing.reason) return evacuated(host)
      return { kind: 'change', set: { cordon: 'none', ...served(host, 'in') }, what: `cordoned no more (before: ${standing.reason})` }
    }
    case 'evacuated':
      return evacuated(host)
  }
}

export function standingOf(host: HostRecord, agent: Standing['agent']): Standing {
  const { name, trust, presence, service, power, claim, cordon } = host
  return { name, trust, presence, service, power, agent, claimed: claim !== undefined, cordoned: cordon !== undefined }
}

/** A host in maintenance is in that, cordoned or not. */
function served({ service }: HostRecord, becomes: HostCondition['service']): Pick<HostCondition, 'service'> {
  return { service: service === 'maintenance' ? service : becomes }
}

function evacuated({ service, cordon: standing }: HostRecord): Ruling {
  if (service !== 'evacuating') return { kind: 'nothing' }
  return { kind: 'change', set: { service: 'cordoned' }, what: `evacuated no more, and cordoned: ${standing?.reason}` }
}

function cordon(host: HostRecord, { reason, unless, to }: Extract<Wish, { readonly kind: 'cordon' }>, who: string, at: number): Ruling {
  if (reason === '' || reason.length > LONGEST_REASON || UNPRINTABLE.test(reason)) {
    return refused(`why a host is cordoned is said in 1 to ${LONGEST_REASON} printable characters`)
  }
  if (host.trust === 'rejected') return refused(`${host.name} was rejected: no guest comes to it`)
  const goes = served(host, to === 'evacuate' || host.service === 'evacuating' ? 'evacuating' : 'cordoned')
  if (host.cordon && (unless || host.cordon.reason === reason)) {
    if (goes.service === host.service) return { kind: 'nothing' }
    return { kind: 'change', set: goes, what: `evacuated, and cordoned as before: ${host.cordon.reason}` }
  }
  const before = host.cordon ? ` (before: ${host.cordon.reason})` : ''
  return { kind: 'change', set: { cordon: { reason, who, at }, ...goes }, what: `cordoned: ${reason}${before}` }
}

const UNPRINTABLE = /\p{C}/u

function refused(reason: string): Ruling {
  return { kind: 'refused', reason }
}
