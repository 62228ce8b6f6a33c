// The pools of the config, and how many of their addresses live leases are on.
import { isLive, type Lease, type LeaseCounts } from '../dhcp/lease.ts'
import { type AddressRange, ipv4ToNumber } from '../wire/addresses.ts'

/** Of all leases those that are live. `now`: ms since the epoch. */
export function countLeases(leases: Iterable<Lease>, now: number): LeaseCounts {
  const counts = { offered: 0, bound: 0, permanent: 0, released: 0, declined: 0 }
  for (const lease of leases) if (isLive(lease, now)) counts[lease.kind] += 1
  return counts
}

export function fillOfPools(pools: readonly AddressRange[], leases: Iterable<Lease>, now: number) {
  const spans = pools.map((range) => ({ first: ipv4ToNumber(range.first), last: ipv4ToNumber(range.last), leases: 0 }))
  for (const lease of leases) {
    if (!isLive(lease, now)) continue
    const address = ipv4ToNumber(lease.address)
    for (const span of spans) if (span.first <= address && address <= span.last) span.leases += 1
  }
  return pools.map(({ first, last }, index) => {
    const span = spans[index]
    return { pool: `${first}-${last}`, addresses: span ? span.last - span.first + 1 : 0, leases: span?.leases ?? 0 }
  })
}
