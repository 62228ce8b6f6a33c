// Whether an agent gets a certificate for the token that it shows, and as which host. Pure: the token is spent and the
// certificate signed by enrol.ts, in one transaction. Security notes 1 to 3.
import type { RaisedAlarm } from '../store/alarms.ts'
import type { KnownAttempt } from '../store/attempts.ts'
import type { HostRecord } from '../store/hosts.ts'

export type EnrolPolicy = 'approve' | 'auto'

export interface EnrolFacts {
  readonly now: number
  readonly policy: EnrolPolicy
  /** IPv4 address that the agent speaks from. */
  readonly peer: string
  /** SHA-256 of the token that it shows, hexadecimal. */
  readonly tokenHash: string
  /** SHA-256 of the public key that it wants to be certified. */
  readonly keyHash: string
  /** Its own word. */
  readonly uuid: string | undefined
  readonly attempt: KnownAttempt | undefined
  /** The host that has booted from the attempt's MAC before. */
  readonly host: HostRecord | undefined
  /** Other hosts that hold the UUID, or a MAC, that this one claims. */
  readonly holders: { readonly uuid: readonly string[]; readonly macs: readonly { readonly mac: string; readonly host: string }[] }
}

export type EnrolDecision =
  /** A machine that was never seen. */
  | { readonly kind: 'welcome'; readonly state: 'pending' | 'approved' }
  /** A host that boots again, or asks again because the answer was lost. */
  | { readonly kind: 'known'; readonly host: HostRecord; readonly state: string; readonly repeated: boolean; readonly alarm?: RaisedAlarm }
  | EnrolRefusal

export interface EnrolRefusal {
  readonly kind: 'refused'
  readonly reason: string
  /** The same may be accepted later. */
  readonly retry: boolean
  readonly alarm?: RaisedAlarm
}

export function decideEnrolment(facts: EnrolFacts): EnrolDecision {
  const { attempt, host, policy } = facts
  if (!attempt) return { kind: 'refused', reason: 'no appliance has told of this boot attempt yet', retry: true }
  const wrong = tokenFault(facts, attempt)
  if (wrong) return wrong
  if (host?.state === 'rejected') return { kind: 'refused', reason: 'an admin has rejected this machine', retry: true }
  const duplicate = duplicateOf(facts, attempt)
  if (duplicate) return duplicate
  if (!host) return { kind: 'welcome', state: policy === 'auto' ? 'approved' : 'pending' }
  const repeated = attempt.spent !== null
  const changed = host.uuid !== undefined && facts.uuid !== undefined && host.uuid !== facts.uuid
  if (!changed) return { kind: 'known', host, state: host.state, repeated }
  const text = `${host.name} has the UUID ${facts.uuid} and had ${host.uuid}: another machine boots from its MAC ${attempt.mac}. Approve it again if that is meant`
  return { kind: 'known', host, state: 'pending', repeated, alarm: { kind: 'identity-changed', about: host.id, host: host.id, text } }
}

function tokenFault({ now, peer, tokenHash, keyHash, host }: EnrolFacts, attempt: KnownAttempt): EnrolRefusal | undefined {
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
    return host?.attempt === attempt.id ? undefined : refuse('replay', 'the host has booted again since')
  }
  return attempt.expires <= now ? refuse('expiry', 'the token has expired: boot the host again') : undefined
}

function duplicateOf({ host, uuid, holders }: EnrolFacts, attempt: KnownAttempt): EnrolRefusal | undefined {
  const [sameUuid] = holders.uuid
  const about = attempt.mac
  const whose = host ? { host: host.id } : {}
  if (sameUuid !== undefined) {
    const reason = `another host has the UUID ${uuid}`
    const text = `the machine that booted from ${attempt.mac} says its UUID is ${uuid}, and so does host ${sameUuid}: it is kept out`
    return { kind: 'refused', reason, retry: true, alarm: { kind: 'duplicate-uuid', about, ...whose, text } }
  }
  const [sameMac] = holders.macs
  if (!sameMac) return undefined
  const reason = `another host has the MAC ${sameMac.mac}`
  const text = `the machine that booted from ${attempt.mac} says it has the MAC ${sameMac.mac}, and so does host ${sameMac.host}: it is kept out`
  return { kind: 'refused', reason, retry: true, alarm: { kind: 'duplicate-mac', about, ...whose, text } }
}
