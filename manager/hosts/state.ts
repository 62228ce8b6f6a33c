// What a host is, and what may follow on what: a transition with its line of history, or a refusal with its reason. The invariant
// behind the refusals (security-notes, I1 and I5): a host is only taken for harmless when nothing can run on it any more.
import type { HostState } from '../enrolment/standing.ts'
import type { Change } from '../store/tables/history.ts'

export type StateEvent =
  /** An operator's. `seen`: what they looked at, by enrolment/seen.ts. */
  | { readonly kind: 'approve'; readonly seen?: string | undefined }
  | { readonly kind: 'reject' }
  /** `unread`: why there may be more guests than are known, where that could not be read. */
  | { readonly kind: 'maintain'; readonly guests: number; readonly unread?: string | undefined }
  | { readonly kind: 'resume' }
  | { readonly kind: 'release' }
  /** An appliance saw it ask for a boot: anybody on its wire could have asked. */
  | { readonly kind: 'boots' }
  /** Its agent is connected, with a certificate of this boot. */
  | { readonly kind: 'connects' }
  /** No connection for longer than a host may be away, or a boot that got stuck; why, in words. */
  | { readonly kind: 'silent'; readonly cause: string }
  /** It cannot run anything now, by this proof: the BMC says that power is off, its self-fence lease has run out. */
  | { readonly kind: 'fence'; readonly proof: string }

export interface Standing {
  readonly name: string
  readonly state: HostState
  readonly agent: 'connected' | 'absent'
  /** What it was before a machine with another identity booted as it. */
  readonly before?: HostState | undefined
}

export type Transition =
  | { readonly kind: 'changed'; readonly state: HostState; readonly change: Change }
  /** It is so already, or this says nothing new of a host in this state. */
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: 'unread' }

/** `who`: as in the history, `admin alice`, `agent`; `at`: milliseconds since the epoch. */
export function transition(host: Standing, event: StateEvent, who: string, at: number): Transition {
  const next = follow(host, event)
  if (next.kind !== 'to') return next
  if (next.state === host.state) return { kind: 'same' }
  return { kind: 'changed', state: next.state, change: { at, who, what: `${next.state} (${host.state} before): ${next.why}` } }
}

type Step = { readonly kind: 'to'; readonly state: HostState; readonly why: string } | Exclude<Transition, { readonly kind: 'changed' }>

const SAME: Step = { kind: 'same' }

function follow(host: Standing, event: StateEvent): Step {
  switch (event.kind) {
    case 'approve':
      return approve(host)
    case 'reject':
      return to('rejected', 'its certificates are revoked, it may not even report')
    case 'boots':
      return boots(host)
    case 'connects':
      return connects(host)
    case 'silent':
      return host.state === 'up' || host.state === 'booting' ? silent(host, event.cause) : SAME
    case 'maintain':
      return maintain(host, event)
    case 'resume':
      return host.state === 'maintenance' ? backInService(host, 'maintenance is over') : refused(`${host.name} is not in maintenance`)
    case 'fence':
      return fence(host, event.proof)
    case 'release':
      return release(host)
  }
}

function approve(host: Standing): Step {
  switch (host.state) {
    case 'pending':
      if (host.before === 'maintenance') return to('maintenance', 'approved, and in maintenance as it was')
      return backInService(host, 'approved')
    case 'rejected':
      return backInService(host, 'approved')
    case 'fenced':
      if (host.before !== undefined) return SAME
      return refused(`${host.name} is fenced, which approval does not end: release it, once it is clear that it can run again`)
    case 'approved':
    case 'booting':
    case 'up':
    case 'maintenance':
    case 'lost':
      return SAME
  }
}

function boots({ name, state, agent }: Standing): Step {
  if (state === 'fenced') return refused(`${name} is fenced and boots: release it to take it back into service`)
  if (agent === 'connected') {
    return refused(`${name} is said to boot while its agent is connected: not believed until that connection ends`)
  }
  return state === 'approved' || state === 'up' || state === 'lost' ? to('booting', 'its appliance saw it boot') : SAME
}

function connects({ name, state }: Standing): Step {
  switch (state) {
    case 'approved':
    case 'booting':
    case 'lost':
      return to('up', 'its agent is connected')
    case 'fenced':
      return refused(
        `${name} was fenced, and its agent answers: the fence did not hold, and its guests may run twice. Switch it off at once`,
      )
    case 'rejected':
      return refused(`${name} was rejected`)
    case 'pending':
    case 'up':
    case 'maintenance':
      return SAME
  }
}

function silent({ name, agent }: Standing, cause: string): Step {
  return agent === 'connected' ? refused(`${name} is not lost: its agent is connected`) : to('lost', cause)
}

function maintain({ name, state }: Standing, { guests, unread }: Extract<StateEvent, { readonly kind: 'maintain' }>): Step {
  switch (state) {
    case 'up':
    case 'booting':
    case 'approved':
      if (guests > 0) return refused(`${guests} ${guests === 1 ? 'guest runs' : 'guests run'} on ${name}: evacuate it first`)
      if (unread !== undefined) return { ...refused(whyUnread(name, unread)), code: 'unread' }
      return to('maintenance', 'no guest is placed on it')
    case 'lost':
      return refused(`${name} is lost and its guests may still run: fence it first`)
    case 'fenced':
      return refused(`${name} is fenced: release it first`)
    case 'pending':
    case 'rejected':
      return refused(`${name} is ${state}: approve it first`)
    case 'maintenance':
      return SAME
  }
}

function whyUnread(name: string, unread: string): string {
  return `whether guests run on ${name} is not known: ${unread}. See to that on the host and ask again; a host that is switched off can be fenced`
}

function fence({ name, state, agent, before }: Standing, proof: string): Step {
  if (agent === 'connected') return refused(`${name} is not fenced: its agent is connected, whatever says that ${proof}`)
  // The guests of the machine that it was may still run there.
  if (state === 'pending' && before !== undefined) return to('fenced', proof)
  if (state === 'pending' || state === 'rejected') return refused(`${name} is ${state}: it runs no guests of ours, and needs no fence`)
  return to('fenced', proof)
}

function release({ name, state, agent, before }: Standing): Step {
  if (state !== 'fenced') return refused(`${name} is not fenced`)
  if (before !== undefined) return refused(`another machine boots as ${name}: approve that first, or boot the one that is known`)
  if (agent === 'connected') return refused(`${name} is still running since before it was fenced: switch it off first`)
  return to('approved', 'released after a fence')
}

function backInService({ agent }: Standing, why: string): Step {
  return to(agent === 'connected' ? 'up' : 'approved', why)
}

function to(state: HostState, why: string): Step {
  return { kind: 'to', state, why }
}

function refused(reason: string): Extract<Step, { readonly kind: 'refused' }> {
  return { kind: 'refused', reason }
}
