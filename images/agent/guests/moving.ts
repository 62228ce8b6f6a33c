// The domains that a guest has while it moves, by the names that xl gives them: `X--incoming` where it comes to, until it goes on there;
// `X--migratedaway` where it comes from, once it is given up. No guest's own name has two dashes in a row.
import { AWAY, INCOMING } from '../../../manager/protocol/guests.ts'
import type { AnswerOf } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import { type DomainRow, isUnborn } from '../inventory/xl-list.ts'
import { readDomains } from './domain.ts'

export const incomingName = (name: string): string => `${name}${INCOMING}`
export const awayName = (name: string): string => `${name}${AWAY}`

/** In the environment of its xl migrate-receive, which makes it anew after a reboot. */
export const receivedBy = (guest: Uuid): string => `${RECEIVED}=${guest}`
export const RECEIVED = 'HOSTLESS_GUEST'

export type OfGuest = { readonly kind: 'read'; readonly all: readonly DomainRow[] } | { readonly kind: 'unread'; readonly reason: string }

export async function domainsOf(backend: Backend, guest: Uuid): Promise<OfGuest> {
  const domains = await readDomains(backend)
  if (domains.kind === 'unread') return { kind: 'unread', reason: `which domains there are is not known: ${domains.reason}` }
  return { kind: 'read', all: domains.all.filter(({ uuid }) => uuid === guest) }
}

/** As a manager is told of them: one that nothing was built in is none of it. */
export function rowsOf(all: readonly DomainRow[]): AnswerOf<'look-stream'>['domains'] {
  return all
    .filter((domain) => !isUnborn(domain))
    .slice(0, 16)
    .map(({ domid, name, state }) => ({ domid, name: name.slice(0, 128), state }))
}
