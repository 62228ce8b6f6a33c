// Where a guest may run: on one host, and only once all others are known not to run it. A host that has gone silent may still run what it
// was last known to, until it is fenced, in maintenance too: that nothing was placed there is no proof. Pure.
import { isAnswering, isHarmless, isInService, sayHost } from '../protocol/host.ts'
import { uncountedOf } from '../protocol/unread.ts'
import { type Answer, type Case, claimOf, type Of, refused, taken } from './case.ts'
import { type KnownHost, spaceOf } from './claim.ts'

export function running(need: Of<'run'>, given: Case): Answer {
  const host = given.hosts.get(need.host)
  const what = `guest ${given.holder.kind === 'guest' ? given.holder.name : need.guest}`
  if (!host || !isInService(host))
    return refused({ code: 'unread', what: `what runs on ${host?.name ?? need.host}`, reason: 'it is not up' })
  const claimed = new Set([...given.before, ...given.claims].flatMap(({ space, item }) => (space === spaceOf(need) ? [item] : [])))
  for (const other of given.hosts.values()) {
    const stand = standOn(other, need.guest, claimed.has(other.id) ? 'may' : 'none')
    if (stand.kind === 'runs') return refused({ code: 'held', what, by: `${other.name}, which runs it` })
    if (stand.kind === 'unknown') return refused({ code: 'unread', what: `whether ${other.name} runs ${what}`, reason: stand.reason })
  }
  return taken(claimOf(given, need, spaceOf(need), { mode: 'number', item: need.host }))
}

export type Stand =
  | { readonly kind: 'runs' }
  /** It does not; what is left of a domain that has ended runs nothing. */
  | { readonly kind: 'free' }
  /** It may. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** `claim`: `may` where the guest was last started there, and nobody has said since that it has ended. */
export function standOn(host: KnownHost, guest: string, claim: 'may' | 'none'): Stand {
  const { inventory } = host
  if (isHarmless(host)) return { kind: 'free' }
  const reported = inventory?.guests.find(({ uuid }) => uuid === guest)
  if (!isAnswering(host)) {
    if (!reported && claim === 'none') return { kind: 'free' }
    return { kind: 'unknown', reason: `it is ${sayHost(host)}: once it is certain that it runs nothing, hostless host fence says so` }
  }
  if (reported) return reported.state === 'shutdown' || reported.state === 'crashed' ? { kind: 'free' } : { kind: 'runs' }
  const [unread] = inventory ? uncountedOf(inventory, ['guests']) : []
  if (unread) return { kind: 'unknown', reason: `its guests could not be read: ${unread.reason}` }
  return inventory || claim === 'none' ? { kind: 'free' } : { kind: 'unknown', reason: 'it has not reported' }
}
