// Whether an agent gets a certificate for the token that it shows, and as which host. Pure: the token is spent and the
// certificate signed by enrol.ts, in one transaction. Security notes 1 to 3.
import type { Trust } from '../protocol/host.ts'
import type { RaisedAlarm } from '../store/tables/alarms.ts'
import type { KnownAttempt } from '../store/tables/attempts.ts'
import type { HostRecord } from '../store/tables/hosts.ts'
import { type ClaimedIdentity, type Comparison, compareIdentity } from './identity.ts'

export type EnrolPolicy = 'approve' | 'auto'

/** Of a host's agent. `recent`: it was connected no longer ago than a host may be away before it is lost. */
export type Presence = 'connected' | 'recent' | 'away'

/** Whether the connected agent answered after the newcomer had come. `busy`: too many are being asked. */
export type Probe = 'answers' | 'silent' | 'busy'

export interface EnrolFacts {
  readonly now: number
  readonly policy: EnrolPolicy
  /** IPv4 address that the agent speaks from. */
  readonly peer: string
  /** SHA-256 of the token that it shows, hexadecimal. */
  readonly tokenHash: string
  /** SHA-256 of the public key that it wants to be certified. */
  readonly keyHash: string
  /** By the attempt's MAC and its own word, without placeholders. */
  readonly claimed: ClaimedIdentity | undefined
  readonly attempt: KnownAttempt | undefined
  /** Whom the attempt's MAC, or the machine's UUID with its serial number, speaks for. */
  readonly host: HostRecord | undefined
  /** MACs that the config gives this host. */
  readonly configured: readonly string[]
  readonly presence: Presence
  /** Undefined: it has not been asked yet. */
  readonly probe: Probe | undefined
  /** Until when a certificate of this boot may be renewed. */
  readonly renewable: number
  /** Other hosts that hold the UUID, or a MAC, that this one claims. */
  readonly holders: { readonly uuid: readonly string[]; readonly macs: readonly { readonly mac: string; readonly host: string }[] }
}

export type EnrolDecision =
  /** A machine that was never seen. */
  | { readonly kind: 'welcome'; readonly trust: 'pending' | 'approved' }
  /** The agent of this boot asks again: the answer was lost, or its certificate. */
  | { readonly kind: 'repeated'; readonly host: HostRecord }
  /** A host boots again. `told`: what is new of it. */
  | {
      readonly kind: 'known'
      readonly host: HostRecord
      readonly trust: Trust
      readonly told: readonly string[]
      readonly alarm?: RaisedAlarm
    }
  /** Who it is has to be said by a person, whatever the policy: it is pending until then, and all else of it stays. */
  | {
      readonly kind: 'claim'
      readonly host: HostRecord
      readonly differs: readonly string[]
      readonly alarm: RaisedAlarm
    }
  /** Whether the agent that is connected is still there has to be known first. */
  | { readonly kind: 'probe'; readonly host: string }
  | EnrolRefusal

export interface EnrolRefusal {
  readonly kind: 'refused'
  readonly reason: string
  /** The same may be accepted later. */
  readonly retry: boolean
  readonly alarm?: RaisedAlarm
}

export function decideEnrolment(facts: EnrolFacts): EnrolDecision {
  const { attempt, claimed, host, policy } = facts
  if (!attempt || !claimed) return { kind: 'refused', reason: 'no appliance has told of this boot attempt yet', retry: true }
  const wrong = tokenFault(facts, attempt)
  if (wrong) return wrong
  if (host?.trust === 'rejected') return { kind: 'refused', reason: 'an admin has rejected this machine', retry: true }
  if (host && attempt.spent !== null) return { kind: 'repeated', host }
  const duplicate = duplicateOf(facts, attempt)
  if (duplicate) return duplicate
  if (!host) return { kind: 'welcome', trust: policy === 'auto' ? 'approved' : 'pending' }
  const { changed, told } = compareIdentity(host, claimed, facts.configured)
  return changed.length === 0 ? asKnown(facts, attempt, host, told) : asOther(facts, attempt, host, claimed, changed)
}

function tokenFault({ now, peer, tokenHash, keyHash, host, renewable }: EnrolFacts, attempt: KnownAttempt): EnrolRefusal | undefined {
  const refuse = (fault: string, reason: string): EnrolRefusal => ({
    kind: 'refused',
    reason,
    retry: false,
    alarm: {
      kind: 'enrolment-refused',
      about: `${fault} ${attempt.mac} ${peer}`,
      ...(host ? { host: host.id } : {}),
      text: `${peer} tried to enrol with boot attempt ${attempt.id} of ${attempt.mac}: ${reason}`,
    },
  })
  if (attempt.token_hash !== tokenHash) return refuse('token', 'the token is not that of this boot attempt')
  if (attempt.address !== peer) return refuse('address', `the token is good from ${attempt.address} only`)
  if (attempt.spent !== null) {
    // The answer to an agent may be lost with the connection: it asks again with the key that only it has.
    if (attempt.spent_for !== keyHash) return refuse('replay', 'the token has been spent')
    if (host?.attempt !== attempt.id) return refuse('replay', 'the host has booted again since')
    return renewable < now ? refuse('age', 'the certificates of this boot have expired too long ago: boot the host again') : undefined
  }
  return attempt.expires <= now ? refuse('expiry', 'the token has expired: boot the host again') : undefined
}

function duplicateOf({ host, claimed, holders }: EnrolFacts, attempt: KnownAttempt): EnrolRefusal | undefined {
  const [sameUuid] = holders.uuid
  const about = attempt.mac
  const whose = host ? { host: host.id } : {}
  if (sameUuid !== undefined) {
    const reason = `another host has the UUID ${claimed?.uuid}`
    const text = `the machine that booted from ${attempt.mac} says its UUID is ${claimed?.uuid}, and so does host ${sameUuid}: it is kept out`
    return { kind: 'refused', reason, retry: true, alarm: { kind: 'duplicate-uuid', about, ...whose, text } }
  }
  const [sameMac] = holders.macs
  if (!sameMac) return undefined
  const reason = `another host has the MAC ${sameMac.mac}`
  const text = `the machine that booted from ${attempt.mac} says it has the MAC ${sameMac.mac}, and so does host ${sameMac.host}: it is kept out`
  return { kind: 'refused', reason, retry: true, alarm: { kind: 'duplicate-mac', about, ...whose, text } }
}

/** All that is known of the host is so of this machine: the ordinary boot. */
function asKnown(facts: EnrolFacts, attempt: KnownAttempt, host: HostRecord, told: readonly string[]): EnrolDecision {
  // Whoever claims to be this host in the meantime has not been believed, and gives way.
  if (host.claim) return { kind: 'known', host, trust: 'approved', told }
  return stillThere(facts, attempt, host) ?? { kind: 'known', host, trust: host.trust, told }
}

function asOther(
  facts: EnrolFacts,
  attempt: KnownAttempt,
  host: HostRecord,
  claimed: ClaimedIdentity,
  differs: readonly string[],
): EnrolDecision {
  const said = differs.join('; ')
  const isSameAgain = host.claim !== undefined && claimsOf(host.claim, claimed).changed.length === 0
  const there = isSameAgain ? stillThere(facts, attempt, host) : keptOut(facts, attempt, host, said)
  if (there) return there
  const raise = (text: string): RaisedAlarm => ({ kind: 'identity-changed', about: host.id, host: host.id, text })
  if (host.trust === 'pending' && !host.claim) {
    const text = `${host.name}, which nobody has approved yet, is another machine than before: ${said}`
    return { kind: 'known', host, trust: host.trust, told: differs, alarm: raise(text) }
  }
  const text = `a machine boots as ${host.name} and is not as it was known: ${said}. It may only report until somebody says that it is ${host.name}: hostless host show ${host.name} has both, hostless host approve ${host.name} takes the new one`
  return { kind: 'claim', host, differs, alarm: raise(text) }
}

function claimsOf(claim: NonNullable<HostRecord['claim']>, claimed: ClaimedIdentity): Comparison {
  return compareIdentity(claim, claimed)
}

/**
 * The same machine by all that is known. One that was reset leaves a connection behind that nobody answers on; where somebody does,
 * the newcomer has only copied what is known.
 */
function stillThere({ presence, probe, peer }: EnrolFacts, { mac }: KnownAttempt, host: HostRecord): EnrolDecision | undefined {
  if (presence !== 'connected') return undefined
  switch (probe) {
    case undefined:
      return { kind: 'probe', host: host.id }
    case 'busy':
      return { kind: 'refused', reason: 'too many hosts boot at this moment: ask again', retry: true }
    case 'answers':
    case 'silent': {
      // Silent, and connected again: that was its agent.
      const text = `${peer} booted from ${mac} and says that it is ${host.name}, whose agent is connected and answers: it is kept out. Two machines have the same identity, or one imitates the other`
      const alarm: RaisedAlarm = { kind: 'enrolment-refused', about: `twin ${host.id}`, host: host.id, text }
      return { kind: 'refused', reason: `the agent of ${host.name} is connected and answers`, retry: true, alarm }
    }
  }
}

function keptOut({ presence, peer }: EnrolFacts, { mac }: KnownAttempt, host: HostRecord, said: string): EnrolRefusal | undefined {
  if (presence === 'away') return undefined
  const isThere = presence === 'connected' ? 'is connected' : 'was connected a moment ago'
  const text = `${peer} booted from ${mac} as ${host.name}, whose agent ${isThere}, and differs: ${said}. It is kept out. If ${host.name} has new hardware, switch off what runs as ${host.name} first`
  const alarm: RaisedAlarm = { kind: 'identity-changed', about: `kept out ${host.id}`, host: host.id, text }
  return { kind: 'refused', reason: `the agent of ${host.name} ${isThere}, and this machine is not as it is known`, retry: true, alarm }
}
