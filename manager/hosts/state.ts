// What may follow on what of the four things that a host is: a transition with its line of history, or a refusal with its reason. Each
// event changes those that it is about. The invariant behind the refusals (security-notes, I1 and I5): a host is only taken for harmless
// when nothing can run on it any more. Pure.
import { type HostCondition, sayHost, stateOf } from '../protocol/host.ts'
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
  /**
   * No connection for longer than a host may be away, or a boot that got stuck; why, in words. `found`: what it was when that was seen: of
   * what it has become since, it says nothing.
   */
  | { readonly kind: 'silent'; readonly cause: string; readonly found?: HostCondition['presence'] | undefined }
  /** It cannot run anything now, by this proof: the BMC says that power is off, its self-fence lease has run out. */
  | { readonly kind: 'fence'; readonly proof: string }

export interface Standing extends HostCondition {
  readonly name: string
  readonly agent: 'connected' | 'absent'
  /** Another machine boots as it, and waits for somebody to say that it is it. */
  readonly claimed?: boolean | undefined
  /** No guest is to come to it, in maintenance or not. */
  readonly cordoned?: boolean | undefined
}

/** `proof`: of the fence that begins with it, where one does. */
export type Becoming = HostCondition & { readonly proof?: string }

export type Transition =
  /** `alarm`: what a person has to look at, whatever becomes of it. */
  | { readonly kind: 'changed'; readonly now: Becoming; readonly change: Change; readonly alarm?: string }
  /** It is so already, or this says nothing new of such a host. */
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly reason: string; readonly code?: 'unread' }

/** `who`: as in the history, `admin alice`, `agent`; `at`: milliseconds since the epoch. */
export function transition(host: Standing, event: StateEvent, who: string, at: number): Transition {
  const next = follow(host, event)
  if (next.kind !== 'to') return next
  const { trust, presence, service, power } = host
  const now = { trust, presence, service, power, ...next.set }
  const what = `${sayHost(now)} (${sayHost(host)} before): ${next.why}`
  return { kind: 'changed', now, change: { at, who, what }, ...(next.alarm === undefined ? {} : { alarm: next.alarm }) }
}

type Step =
  | { readonly kind: 'to'; readonly set: Partial<Becoming>; readonly why: string; readonly alarm?: string }
  | Exclude<Transition, { readonly kind: 'changed' }>

const SAME: Step = { kind: 'same' }

function follow(host: Standing, event: StateEvent): Step {
  switch (event.kind) {
    case 'approve':
      return approve(host)
    case 'reject':
      return host.trust === 'rejected' ? SAME : to({ trust: 'rejected' }, 'its certificates are revoked, it may not even report')
    case 'boots':
      return boots(host)
    case 'connects':
      return connects(host)
    case 'silent':
      return silent(host, event)
    case 'maintain':
      return maintain(host, event)
    case 'resume':
      return resume(host)
    case 'fence':
      return fence(host, event.proof)
    case 'release':
      return release(host)
  }
}

/** In the service that it was in, and fenced if it was: that ends by its release. Whether it answers is another question from now on. */
function approve({ name, trust, power, agent, claimed, service }: Standing): Step {
  if (trust === 'approved') {
    const reason = `${name} is fenced, which approval does not end: release it, once it is clear that it can run again`
    return power === 'fenced' && !claimed ? refused(reason) : SAME
  }
  if (power === 'fenced')
    return to({ trust: 'approved', ...(agent === 'connected' ? { presence: 'up' } : {}) }, 'approved, and fenced as it was')
  const heard = agent === 'connected' ? ({ presence: 'up', power: 'on' } as const) : ({ presence: 'silent', power: 'unknown' } as const)
  return to({ trust: 'approved', ...heard }, service === 'maintenance' ? 'approved, and in maintenance as it was' : 'approved')
}

function boots({ name, trust, presence, power, agent }: Standing): Step {
  if (power === 'fenced' && trust !== 'rejected') return refused(`${name} is fenced and boots: release it to take it back into service`)
  if (agent === 'connected') {
    return refused(`${name} is said to boot while its agent is connected: not believed until that connection ends`)
  }
  if (trust !== 'approved' || presence === 'booting') return SAME
  return to({ presence: 'booting', power: 'on' }, 'its appliance saw it boot')
}

/** One whose fence did not hold is heard from then on, and stays fenced: only a new proof, or its release, ends that. */
function connects({ name, trust, presence, power }: Standing): Step {
  if (trust === 'rejected') return refused(`${name} was rejected`)
  if (power === 'fenced') {
    const alarm = `${name} was fenced, and its agent answers: the fence did not hold, and its guests may run twice. Switch it off at once`
    if (trust === 'pending' || presence === 'up') return refused(alarm)
    return { ...to({ presence: 'up' }, 'its agent is connected, and the fence did not hold'), alarm }
  }
  if (trust === 'pending' || presence === 'up') return SAME
  return to({ presence: 'up', power: 'on' }, 'its agent is connected')
}

function silent(
  { name, trust, presence, power, agent }: Standing,
  { cause, found = presence }: Extract<StateEvent, { readonly kind: 'silent' }>,
): Step {
  if (found !== presence) return SAME
  if (trust !== 'approved' || (presence !== 'up' && presence !== 'booting')) return SAME
  if (agent === 'connected') return power === 'fenced' ? SAME : refused(`${name} is not lost: its agent is connected`)
  return to({ presence: 'lost', power: power === 'fenced' ? power : 'unknown' }, cause)
}

function maintain(host: Standing, { guests, unread }: Extract<StateEvent, { readonly kind: 'maintain' }>): Step {
  const { name, trust, presence, service, power } = host
  if (trust !== 'approved') return refused(`${name} is ${stateOf(host)}: approve it first`)
  if (power === 'fenced') return refused(`${name} is fenced: release it first`)
  if (service === 'maintenance') return SAME
  if (presence === 'lost') return refused(`${name} is lost and its guests may still run: fence it first`)
  if (guests > 0) return refused(`${guests} ${guests === 1 ? 'guest runs' : 'guests run'} on ${name}: evacuate it first`)
  if (unread !== undefined) return { ...refused(whyUnread(name, unread)), code: 'unread' }
  return to({ service: 'maintenance' }, 'no guest is placed on it')
}

function whyUnread(name: string, unread: string): string {
  return `whether guests run on ${name} is not known: ${unread}. See to that on the host and ask again; a host that is switched off can be fenced`
}

function resume({ name, service, cordoned }: Standing): Step {
  if (service !== 'maintenance') return refused(`${name} is not in maintenance`)
  return to({ service: cordoned ? 'cordoned' : 'in' }, 'maintenance is over')
}

/** From now on nothing is to be heard of it. */
function fence(host: Standing, proof: string): Step {
  const { name, trust, presence, power, agent, claimed } = host
  if (agent === 'connected') return refused(`${name} is not fenced: its agent is connected, whatever says that ${proof}`)
  if (power === 'fenced' && presence === 'silent' && trust !== 'rejected') return SAME
  // The guests of the machine that it was may still run there.
  const mayRun = trust === 'approved' || (trust === 'pending' && claimed)
  if (!mayRun) return refused(`${name} is ${stateOf(host)}: it runs no guests of ours, and needs no fence`)
  return to({ presence: 'silent', power: 'fenced', proof }, proof)
}

function release({ name, trust, power, agent, claimed }: Standing): Step {
  if (power !== 'fenced' || trust === 'rejected') return refused(`${name} is not fenced`)
  if (claimed) return refused(`another machine boots as ${name}: approve that first, or boot the one that is known`)
  if (agent === 'connected') return refused(`${name} is still running since before it was fenced: switch it off first`)
  return to({ presence: 'silent', power: 'off' }, 'released after a fence')
}

function to(set: Partial<Becoming>, why: string): Extract<Step, { readonly kind: 'to' }> {
  return { kind: 'to', set, why }
}

function refused(reason: string): Extract<Step, { readonly kind: 'refused' }> {
  return { kind: 'refused', reason }
}
