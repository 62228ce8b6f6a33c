// MACs for the NICs of a new guest: of Xen's own, that neither a claim nor a report of a host has.
import { macCandidates, macText } from '../claims/numbers.ts'
import { macsOf } from '../claims/uses.ts'
import type { Pool } from '../hosts/service.ts'
import type { Mac } from '../protocol/values.ts'
import { mac } from '../protocol/values.ts'
import type { Store } from '../store/database.ts'
import { claimsIn } from '../store/tables/claims.ts'

export interface MacSources {
  readonly store: Pick<Store, 'db'>
  readonly pool: Pick<Pool, 'hosts' | 'knownInventory'>
}

/** `seeds`: one for each. That they are still free is the claim's to say. */
export async function freeMacs({ store, pool }: MacSources, seeds: readonly string[]): Promise<readonly Mac[] | undefined> {
  const candidates = seeds.map(macCandidates)
  const claimed = await claimsIn(store.db, [{ space: 'mac', numbers: candidates.flat() }])
  const taken = new Set(claimed.map(({ start }) => start))
  const reported = pool.hosts().map((host) => macsOf({ ...host, inventory: pool.knownInventory(host.id) }))
  const found: Mac[] = []
  for (const numbers of candidates) {
    const free = numbers.find((number) => !taken.has(number) && !reported.some((macs) => macs?.has(macText(number))))
    if (free === undefined) return undefined
    taken.add(free)
    found.push(mac.parse(macText(free)))
  }
  return found
}
