// What may be changed of a host, as decisions: the row as it is → what to write and what history says of it. Pure.
import { notSeen } from '../enrolment/seen.ts'
import { type HostState, parseHostState } from '../enrolment/standing.ts'
import type { ProblemCode } from '../outcome.ts'
import type { HostRecord, IdentityClaim } from '../store/tables/hosts.ts'
import { type StateEvent, transition } from './state.ts'

export type Wish =
  | { readonly kind: 'state'; readonly event: StateEvent }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'group'; readonly groups: readonly string[] }
  | { readonly kind: 'note'; readonly notes: string }

export type Ruling =
  | {
      readonly kind: 'change'
      readonly set: { readonly name?: string; readonly state?: HostState; readonly groups?: readonly string[]; readonly notes?: string }
      readonly what: string
      /** The machine that boots as this host is the host from now on. */
      readonly takes?: IdentityClaim
    }
  /** It is so already. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: ProblemCode }

export const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
export const GROUP_NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/
const MOST_GROUPS = 64
/** UTF-16 units. */
export const LONGEST_NOTES = 4096
export const UNPRINTABLE_NOTES = /[^\P{C}\n\t]/u

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
      const agent = isConnected ? 'connected' : 'absent'
      const { name, claim } = host
      const before = claim && parseHostState(claim.before)
      const next = transition({ name, state: parseHostState(host.state), agent, before }, wish.event, who, at)
      if (next.kind === 'refused') return next
      if (wish.event.kind === 'approve' && (claim || next.kind === 'changed')) {
        const reason = notSeen(host, wish.event.seen)
        if (reason !== undefined) return { kind: 'refused', reason, code: 'identity' }
      }
      const set = next.kind === 'changed' ? { state: next.state } : {}
      const what = next.kind === 'changed' ? next.change.what : `${host.state} as before`
      if (wish.event.kind === 'approve' && claim)
        return { kind: 'change', set, what: `${what}; ${name} from now on: ${claim.differs.join('; ')}`, takes: claim }
      return next.kind === 'same' ? { kind: 'nothing' } : { kind: 'change', set, what }
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
  }
}

function refused(reason: string): Ruling {
  return { kind: 'refused', reason }
}
