// One subnet that we give addresses in, and which address a client may have there. Pure.
import { type HostNics, hostKeyOf, macsOf } from '../boot/known-host.ts'
import {
  type AddressRange,
  broadcastOf,
  type Ipv4,
  ipv4ToNumber,
  type Mac,
  rangeContains,
  type Subnet,
  subnetContains,
  UNSPECIFIED,
} from '../wire/addresses.ts'
import { describeLease, isLive, type LeaseCounts, type LeaseView, ownerOf, type SubnetKey } from './lease.ts'

export interface Scope {
  readonly subnet: Subnet
  /** Without one, only reserved addresses are given. */
  readonly pool?: AddressRange | undefined
  readonly router: Ipv4 | undefined
  /** Left out: those of all subnets. */
  readonly dns?: readonly Ipv4[]
}

/** What the configuration says of one host; `address` is its reservation, where it has one. */
export interface HostEntry extends HostNics {
  readonly name: string
  readonly address?: Ipv4 | undefined
}

export interface Reservations {
  /** By any MAC of the host. */
  byMac(mac: Mac): HostEntry | undefined
  byAddress(address: Ipv4): HostEntry | undefined
  /** Whether both are NICs of one host; `other` is undefined for what is nobody's. */
  isSameHost(mac: Mac, other: Mac | undefined): boolean
}

export function reservationsOf(hosts: readonly HostEntry[]): Reservations {
  const byMac = new Map(hosts.flatMap((host) => macsOf(host).map((mac) => [mac, host] as const)))
  const byAddress = new Map(hosts.flatMap((host) => (host.address ? [[host.address, host] as const] : [])))
  const key = hostKeyOf(hosts)
  return {
    byMac: (mac) => byMac.get(mac),
    byAddress: (address) => byAddress.get(address),
    isSameHost: (mac, other) => other !== undefined && key(mac) === key(other),
  }
}

/** All that choosing an address depends on. */
export interface Lending {
  readonly scope: Scope
  /** Our own address, wherever it is: never lent. */
  readonly serverAddress: Ipv4
  readonly reservations: Reservations
  readonly leases: LeaseView
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** An address to offer, or why there is none. */
export type Choice = { readonly kind: 'address'; readonly address: Ipv4 } | { readonly kind: 'none'; readonly reason: string }

export function subnetKey(scope: Scope): SubnetKey {
  return `${scope.subnet.network}/${scope.subnet.prefix}`
}

/** The reserved address of this MAC's host if it lies in this subnet: a host that was carried elsewhere gets one of the pool there. */
export function reservedAddress(lending: Lending, mac: Mac): Ipv4 | undefined {
  const address = lending.reservations.byMac(mac)?.address
  return address && subnetContains(lending.scope.subnet, address) ? address : undefined
}

/** Why this MAC may not have this address now; undefined when it may. */
export function refusal(lending: Lending, mac: Mac, address: Ipv4): string | undefined {
  const { scope, reservations, leases, now } = lending
  const unlent = neverLent(lending, address)
  if (unlent) return unlent
  const holder = reservations.byAddress(address)
  if (holder && !reservations.isSameHost(mac, holder.mac)) return `${address} is reserved for ${holder.name} (${holder.mac})`
  const reserved = reservedAddress(lending, mac)
  if (reserved && reserved !== address) return `${reserved} is reserved for this host, not ${address}`

  const lease = leases.byAddress(address)
  const isOurs = lease !== undefined && reservations.isSameHost(mac, ownerOf(lease))
  if (lease && !isOurs && isLive(lease, now)) return `${address} is ${describeLease(lease)}`
  const isInPool = scope.pool !== undefined && rangeContains(scope.pool, address)
  const keeps = isOurs && isLive(lease, now)
  return reserved || isInPool || keeps ? undefined : `${address} is not in the pool, nor reserved`
}

/**
 * The address to offer (RFC 2131 section 4.3.1): the reservation; else the client's present or previous one; else the one it
 * asks for; else one of the pool, never used before used, longest free first.
 */
export function chooseAddress(lending: Lending, mac: Mac, requested: Ipv4 | undefined): Choice {
  const reserved = reservedAddress(lending, mac)
  if (reserved) {
    const reason = refusal(lending, mac, reserved)
    return reason ? { kind: 'none', reason: `its reserved address cannot be lent: ${reason}` } : { kind: 'address', address: reserved }
  }
  const previous = lending.leases.inSubnet(subnetKey(lending.scope), mac)?.address
  const preferred = [previous, requested].find((address) => address && !refusal(lending, mac, address))
  return preferred ? { kind: 'address', address: preferred } : chooseFromPool(lending)
}

function chooseFromPool(lending: Lending): Choice {
  const { scope, leases, now, reservations } = lending
  const range = scope.pool
  if (!range) return { kind: 'none', reason: `${subnetKey(scope)} has no pool and this host no reservation` }
  const lends = (address: Ipv4) => !reservations.byAddress(address) && neverLent(lending, address) === undefined
  const address = leases.nextFree({ range, lends }, now)
  return address ? { kind: 'address', address } : { kind: 'none', reason: exhaustion(scope, range, leases.countIn({ range, lends })) }
}

/** Where no address is free, the lease on each is live. */
function exhaustion(scope: Scope, pool: AddressRange, counts: LeaseCounts): string {
  const size = ipv4ToNumber(pool.last) - ipv4ToNumber(pool.first) + 1
  const taken = [
    [counts.permanent, 'held by hosts that booted'],
    [counts.bound, 'lent'],
    [counts.offered, 'offered'],
    [counts.declined, 'declined'],
    [size - counts.permanent - counts.bound - counts.offered - counts.declined, 'reserved or not for lending'],
  ] as const
  const told = taken.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`)
  const advice = counts.permanent > 0 ? 'release the leases of hosts that are gone, or widen the pool' : 'widen the pool'
  return `no free address in ${pool.first}-${pool.last} of ${subnetKey(scope)}: ${told.join(', ')}; ${advice}`
}

/** Why nobody is lent this address, whoever asks and whenever. */
function neverLent({ scope, serverAddress }: Lending, address: Ipv4): string | undefined {
  if (!subnetContains(scope.subnet, address)) return `${address} is not in ${subnetKey(scope)}`
  if (address === UNSPECIFIED || isEdge(scope.subnet, address)) return `${address} is no host's address in ${subnetKey(scope)}`
  if (address === serverAddress) return `${address} is our own`
  return address === scope.router ? `${address} is the router's` : undefined
}

function isEdge(subnet: Subnet, address: Ipv4): boolean {
  return subnet.prefix < 31 && (address === subnet.network || address === broadcastOf(subnet))
}
