// The domain that a guest has on this host, as Xen's own list tells, and what is done to it. What could not be read is not "none".
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import { lacksIn, textOf } from '../inventory/reading.ts'
import { type DomainRow, xlList } from '../inventory/xl-list.ts'
import { pause } from '../pause.ts'
import { failureOf, type World } from '../requests/world.ts'

export type Domains = { readonly kind: 'read'; readonly all: readonly DomainRow[] } | { readonly kind: 'unread'; readonly reason: string }

export type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'domain'; readonly domain: DomainRow }
  /** It is not known, or it has two, as at the end of a migration. */
  | { readonly kind: 'unknown'; readonly reason: string }

export async function readDomains(backend: Backend): Promise<Domains> {
  const { value, problems } = await xlList(backend)
  const unread = problems.find(({ reason }) => lacksIn(reason) === 'items')
  return unread ? { kind: 'unread', reason: `${unread.source}: ${textOf(unread.reason)}` } : { kind: 'read', all: value }
}

export function domainOf(domains: Domains, guest: Uuid): Found {
  if (domains.kind === 'unread') return { kind: 'unknown', reason: `which domains there are is not known: ${domains.reason}` }
  const [domain, other] = domains.all.filter(({ uuid }) => uuid === guest)
  if (!domain) return { kind: 'none' }
  if (!other) return { kind: 'domain', domain }
  return { kind: 'unknown', reason: `it has two domains here, ${domain.domid} (${domain.name}) and ${other.domid} (${other.name})` }
}

export async function findDomain(backend: Backend, guest: Uuid): Promise<Found> {
  return domainOf(await readDomains(backend), guest)
}

/** Seconds that Xen may take to take a domain's memory back. */
const GONE_WITHIN = 60
/** Milliseconds between two looks. */
const LOOK = 300

/** Undefined when it is gone: who asks Xen to destroy one that has gone meanwhile is told that it failed. */
export async function destroyDomain(
  { backend, clock }: Pick<World, 'backend' | 'clock'>,
  guest: Uuid,
  domid: number,
): Promise<string | undefined> {
  const failure = await failureOf(backend, ['xl', 'destroy', String(domid)])
  const until = clock.steady() + GONE_WITHIN * 1000
  for (;;) {
    const found = await findDomain(backend, guest)
    if (found.kind === 'none' || (found.kind === 'domain' && found.domain.domid !== domid)) return undefined
    if (found.kind === 'unknown') return `whether domain ${domid} is gone is not known: ${failure ?? found.reason}`
    if (failure !== undefined) return failure
    if (clock.steady() > until) return `domain ${domid} is still ${found.domain.state} ${GONE_WITHIN} s after it was destroyed`
    await pause(clock, LOOK)
  }
}
