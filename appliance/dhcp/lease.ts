// A lease and what may be done to it, as values: decisions propose changes, the store commits them before a reply leaves.
import type { AddressRange, Ipv4, Mac } from '../wire/addresses.ts'

/** `network/prefix`, the key of a subnet in the store. */
export type SubnetKey = string

export type Lease =
  /** Held for a client that has not answered yet. */
  | LentLease<'offered'>
  | LentLease<'bound'>
  /** Of a host whose root lives on this address: never expires and never goes to another host. */
  | (LeaseOf<'permanent'> & { readonly mac: Mac })
  /** Given back, or an offer that was not taken; remembered so that the same client finds it again. */
  | LentLease<'released'>
  /** A client found somebody else on the address: nobody gets it until `expires`. */
  | (LeaseOf<'declined'> & { readonly expires: number })

interface LeaseOf<Kind extends string> {
  readonly kind: Kind
  readonly subnet: SubnetKey
  readonly address: Ipv4
}

interface LentLease<Kind extends string> extends LeaseOf<Kind> {
  readonly mac: Mac
  /** Milliseconds since the epoch. */
  readonly expires: number
}

export type LeaseChange =
  | { readonly kind: 'offer'; readonly subnet: SubnetKey; readonly mac: Mac; readonly address: Ipv4; readonly expires: number }
  | { readonly kind: 'bind'; readonly subnet: SubnetKey; readonly mac: Mac; readonly address: Ipv4; readonly expires: number }
  /** The address is free again and remembered as this MAC's. */
  | { readonly kind: 'free'; readonly subnet: SubnetKey; readonly mac: Mac; readonly address: Ipv4; readonly at: number }
  | { readonly kind: 'decline'; readonly subnet: SubnetKey; readonly address: Ipv4; readonly until: number }

/** The addresses of a subnet that anybody may be lent who has no reservation. */
export interface LendingPool {
  readonly range: AddressRange
  /** Whether an address of the range is lent at all: always the same answer. */
  readonly lends: (address: Ipv4) => boolean
}

export type LeaseCounts = Readonly<Record<Lease['kind'], number>>

/** What a decision may look up. */
export interface LeaseView {
  /** The row that the host of this MAC has in this subnet, live or not. */
  inSubnet(subnet: SubnetKey, mac: Mac): Lease | undefined
  byAddress(address: Ipv4): Lease | undefined
  /** What to lend next: never used before used, the longest free first; undefined when none is free at `now`. */
  nextFree(pool: LendingPool, now: number): Ipv4 | undefined
  /** The leases on the addresses that the pool lends, live or not. */
  countIn(pool: LendingPool): LeaseCounts
}

/** What the server needs of a store beside looking up. */
export interface LeaseStore extends LeaseView {
  /** Every look-up sees the change from now on; it is durable with the next `flush`. Throws, and changes nothing, when it cannot be made. */
  stage(change: LeaseChange): void
  /** What was staged is durable when this returns, all at once. Throws, and takes all of it back, when it cannot be written. */
  flush(): void
  /** The change is durable when this returns. Throws, and changes nothing, when it cannot be made. */
  commit(change: LeaseChange): void
}

/** Whether the address is kept from others at `now`. */
export function isLive(lease: Lease, now: number): boolean {
  switch (lease.kind) {
    case 'permanent':
      return true
    case 'offered':
    case 'bound':
    case 'declined':
      return lease.expires > now
    case 'released':
      return false
  }
}

export function ownerOf(lease: Lease): Mac | undefined {
  return lease.kind === 'declined' ? undefined : lease.mac
}

/** For people: `lent to 52:54:00:77:00:01`. */
export function describeLease(lease: Lease): string {
  switch (lease.kind) {
    case 'offered':
      return `offered to ${lease.mac}`
    case 'bound':
      return `lent to ${lease.mac}`
    case 'permanent':
      return `lent to ${lease.mac} for as long as it runs`
    case 'released':
      return `given back by ${lease.mac}`
    case 'declined':
      return 'declined by a client that found another machine on it'
  }
}
