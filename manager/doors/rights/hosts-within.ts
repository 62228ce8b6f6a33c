// The hosts that placement may choose for who is limited to groups.
import type { HostView } from '../../hosts/pool-change.ts'
import type { Refused } from '../../outcome.ts'
import { isWithin, sayLimit } from '../../protocol/group-limit.ts'
import type { Limited } from './rights.ts'

/** Ids; undefined: all of them. */
export function hostsWithin(
  pool: { hosts(): readonly Pick<HostView, 'id' | 'groups'>[] },
  { groups: limit }: Limited,
): ReadonlySet<string> | undefined {
  if (limit === undefined) return undefined
  return new Set(pool.hosts().flatMap((host) => (isWithin(limit, host) ? [host.id] : [])))
}

export function noneWithin({ groups: limit }: Limited): Refused {
  return {
    kind: 'refused',
    code: 'outside-your-groups',
    status: 403,
    reason: `no host is in ${sayLimit(limit)}, and you may act on no other`,
  }
}
