// Leases in memory: by address, by host (several where it has one in each of several subnets, or a config has made one host of what were
// several machines), and by what is free in each pool. Pure.
import type { HostKey } from '../boot/known-host.ts'
import type { Ipv4, Mac } from '../wire/addresses.ts'
import { FreeList } from './free-list.ts'
import { type Lease, type LendingPool, ownerOf, type SubnetKey } from './lease.ts'

/** One lease that came, and what went because of it. */
export interface Replacement {
  readonly lease: Lease
  readonly old: readonly Lease[]
}

const NONE: readonly Lease[] = []

export class LeaseIndex {
  readonly #key: HostKey
  readonly #byAddress = new Map<Ipv4, Lease>()
  readonly #byHost = new Map<Mac, readonly Lease[]>()
  readonly #free: FreeList[] = []

  constructor(key: HostKey) {
    this.#key = key
  }

  at(address: Ipv4): Lease | undefined {
    return this.#byAddress.get(address)
  }

  of(mac: Mac): readonly Lease[] {
    return this.#byHost.get(this.#key(mac)) ?? NONE
  }

  inSubnet(subnet: SubnetKey, mac: Mac): readonly Lease[] {
    const leases = this.of(mac)
    return leases.length === 0 || (leases.length === 1 && leases[0]?.subnet === subnet)
      ? leases
      : leases.filter((lease) => lease.subnet === subnet)
  }

  all(): Iterable<Lease> {
    return this.#byAddress.values()
  }

  /** What is free in this pool; made at the first question about it, which looks at every lease once. */
  freeIn(pool: LendingPool): FreeList {
    const { first, last } = pool.range
    const known = this.#free.find(({ range }) => range.first === first && range.last === last)
    if (known) return known
    const made = new FreeList(pool)
    for (const lease of this.all()) made.put(lease)
    this.#free.push(made)
    return made
  }

  /** What is gone once this lease is there: an address has one, and a host one in a subnet. */
  inTheWayOf(lease: Lease): readonly Lease[] {
    const [mac, present] = [ownerOf(lease), this.at(lease.address)]
    const others = (mac ? this.inSubnet(lease.subnet, mac) : NONE).filter((other) => other !== present)
    return present ? [present, ...others] : others
  }

  /** `at`: since when (ms since the epoch) what was in the way is gone. */
  replace(lease: Lease, at: number): Replacement {
    const old = this.inTheWayOf(lease)
    for (const each of old) this.forget(each, at)
    this.remember(lease)
    return { lease, old }
  }

  /** The newest replacement that is not taken back yet. */
  takeBack({ lease, old }: Replacement): void {
    this.#drop(lease)
    for (const free of this.#free) free.takeBack(lease.address)
    for (const each of old) this.remember(each)
  }

  remember(lease: Lease): void {
    const mac = ownerOf(lease)
    this.#byAddress.set(lease.address, lease)
    if (mac) {
      const leases = this.of(mac)
      this.#byHost.set(this.#key(mac), leases.length === 0 ? [lease] : [...leases, lease])
    }
    for (const free of this.#free) free.put(lease)
  }

  /** `at`: since when (ms since the epoch) it is gone. */
  forget(lease: Lease, at: number): void {
    this.#drop(lease)
    for (const free of this.#free) free.forget(lease.address, at)
  }

  #drop(lease: Lease): void {
    const mac = ownerOf(lease)
    this.#byAddress.delete(lease.address)
    if (mac) {
      const rest = this.of(mac).filter((other) => other !== lease)
      if (rest.length > 0) this.#byHost.set(this.#key(mac), rest)
      else this.#byHost.delete(this.#key(mac))
    }
  }
}
