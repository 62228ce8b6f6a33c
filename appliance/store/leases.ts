// The leases table. What is acknowledged is on disk when the call returns (SQLite, synchronous = FULL), so a reply that is sent
// afterwards is never forgotten; offers are not: they promise nothing that the REQUEST does not ask for once more, and anybody can
// call for them by the thousand. Reads come from memory: this object is the table's only writer. A row has the MAC that asked; whose
// host that is, the config says, and may say otherwise after a restart. A host that is written has one row in a subnet.
import type { HostKey } from '../boot/known-host.ts'
import { describeLease, isLive, type Lease, type LeaseChange, type LeaseStore, ownerOf, type SubnetKey } from '../dhcp/lease.ts'
import { type Ipv4, ipv4ToNumber, type Mac, parseIpv4, parseMac } from '../wire/addresses.ts'
import type { Store } from './database.ts'

interface Row {
  readonly address: string
  readonly subnet: string
  readonly mac: string | null
  readonly kind: string
  readonly expires: number | null
}

export class Leases implements LeaseStore {
  readonly #now: () => number
  readonly #key: HostKey
  /** As it is, with offers. */
  readonly #leases: LeaseIndex
  readonly #onDisk: LeaseIndex
  readonly #replace: (old: readonly Lease[], lease: Lease) => void
  #changes = 0

  /** Reads the table; `now` gives milliseconds since the epoch; without `key` each MAC is a host. Throws when a row is not ours. */
  constructor(store: Store, now: () => number = Date.now, key: HostKey = (mac) => mac) {
    this.#now = now
    this.#key = key
    this.#leases = new LeaseIndex(key)
    this.#onDisk = new LeaseIndex(key)
    const remove = store.prepare<[string]>('DELETE FROM leases WHERE address = ?')
    const insert = store.prepare<[Row]>(
      'INSERT INTO leases (address, subnet, mac, kind, expires) VALUES (@address, @subnet, @mac, @kind, @expires)',
    )
    this.#replace = store.transaction((old: readonly Lease[], lease: Lease) => {
      for (const { address } of old) remove.run(address)
      insert.run(rowOf(lease))
    })
    for (const row of store.prepare<[], Row>('SELECT address, subnet, mac, kind, expires FROM leases').all()) {
      const lease = leaseOf(row)
      this.#leases.remember(lease)
      this.#onDisk.remember(lease)
    }
  }

  /** Grows with each change. */
  get changes(): number {
    return this.#changes
  }

  inSubnet(subnet: SubnetKey, mac: Mac): Lease | undefined {
    return preferred(this.#leases.of(subnet, mac), mac)
  }

  byAddress(address: Ipv4): Lease | undefined {
    return this.#leases.at(address)
  }

  /**
   * The address this host was given last: a permanent lease, else the bound one that lasts longest. It may have expired, but
   * nobody else has the address. Offers and leases given back do not count.
   */
  byMac(mac: Mac): Lease | undefined {
    const given = this.#of(mac).filter(({ kind }) => kind === 'bound' || kind === 'permanent')
    return preferred(given, mac)
  }

  /** Every row, by address: live, expired, given back and declined. */
  list(): readonly Lease[] {
    return [...this.#leases.all()].toSorted((left, right) => ipv4ToNumber(left.address) - ipv4ToNumber(right.address))
  }

  /**
   * Commits one decision. Throws, and changes nothing, when it would take a live lease from another host: a decision made of
   * stale facts. A permanent lease stays permanent when its own host is offered or bound to it again.
   */
  commit(change: LeaseChange): void {
    const present = this.#leases.at(change.address)
    switch (change.kind) {
      case 'offer':
      case 'bind': {
        if (present && !this.#isOf(present, change.mac) && isLive(present, this.#now())) {
          throw new Error(`${change.address} cannot go to ${change.mac}: it is ${describeLease(present)}`)
        }
        if (present?.kind === 'permanent') return
        const { subnet, mac, address, expires } = change
        this.#write({ kind: change.kind === 'offer' ? 'offered' : 'bound', subnet, mac, address, expires })
        return
      }
      case 'free': {
        const { subnet, mac, address, at } = change
        if (present && this.#isOf(present, mac)) this.#write({ kind: 'released', subnet, mac, address, expires: at })
        return
      }
      case 'decline': {
        const { subnet, address, until } = change
        this.#write({ kind: 'declined', subnet, address, expires: until })
      }
    }
  }

  /**
   * Keeps the address with this host until it is released: its root will live on it and no DHCP client renews it there.
   * Undefined when the address is not this host's (another has it, or it was never lent).
   */
  makePermanent(mac: Mac, address: Ipv4): Lease | undefined {
    const present = this.#leases.at(address)
    if (!present || !this.#isOf(present, mac)) return undefined
    const lease: Lease = { kind: 'permanent', subnet: present.subnet, mac, address }
    this.#write(lease)
    return lease
  }

  /** Ends every lease and offer of this host, permanent ones too; returns what was ended. */
  release(mac: Mac): readonly Lease[] {
    const ended = this.#of(mac).filter(({ kind }) => kind !== 'released')
    for (const { subnet, address } of ended) this.commit({ kind: 'free', subnet, mac, address, at: this.#now() })
    return ended
  }

  #of(mac: Mac): readonly Lease[] {
    return [...this.#leases.all()].filter((lease) => this.#isOf(lease, mac))
  }

  #isOf(lease: Lease, mac: Mac): boolean {
    const owner = ownerOf(lease)
    return owner !== undefined && this.#key(owner) === this.#key(mac)
  }

  #write(lease: Lease): void {
    const onDisk = this.#onDisk.inTheWayOf(lease)
    const promisesNothing = lease.kind === 'offered' || (lease.kind === 'released' && onDisk.length === 0)
    if (!promisesNothing) {
      this.#replace(onDisk, lease)
      this.#onDisk.replace(lease)
    }
    this.#leases.replace(lease)
    this.#changes += 1
  }
}

/** Leases by address, and by subnet and host: several where a config has made one host of what were several machines. */
class LeaseIndex {
  readonly #key: HostKey
  readonly #byAddress = new Map<Ipv4, Lease>()
  readonly #byClient = new Map<string, readonly Lease[]>()

  constructor(key: HostKey) {
    this.#key = key
  }

  at(address: Ipv4): Lease | undefined {
    return this.#byAddress.get(address)
  }

  of(subnet: SubnetKey, mac: Mac): readonly Lease[] {
    return this.#byClient.get(this.#clientKey(subnet, mac)) ?? []
  }

  all(): Iterable<Lease> {
    return this.#byAddress.values()
  }

  /** What is gone once this lease is there: an address has one, and a host one in a subnet. */
  inTheWayOf(lease: Lease): readonly Lease[] {
    const [mac, present] = [ownerOf(lease), this.at(lease.address)]
    return [...new Set([...(present ? [present] : []), ...(mac ? this.of(lease.subnet, mac) : [])])]
  }

  replace(lease: Lease): void {
    for (const old of this.inTheWayOf(lease)) this.#forget(old)
    this.remember(lease)
  }

  remember(lease: Lease): void {
    const mac = ownerOf(lease)
    this.#byAddress.set(lease.address, lease)
    if (mac) this.#byClient.set(this.#clientKey(lease.subnet, mac), [...this.of(lease.subnet, mac), lease])
  }

  #forget(lease: Lease): void {
    const mac = ownerOf(lease)
    this.#byAddress.delete(lease.address)
    if (!mac) return
    const rest = this.of(lease.subnet, mac).filter((other) => other !== lease)
    const key = this.#clientKey(lease.subnet, mac)
    if (rest.length > 0) this.#byClient.set(key, rest)
    else this.#byClient.delete(key)
  }

  #clientKey(subnet: SubnetKey, mac: Mac): string {
    return `${subnet} ${this.#key(mac)}`
  }
}

/** The one to go by: what a root lives on, else what lasts longest; of those that are alike, that of the MAC itself. */
function preferred(leases: readonly Lease[], mac: Mac): Lease | undefined {
  if (leases.length < 2) return leases[0]
  const lasts = (lease: Lease) => (lease.kind === 'permanent' ? Number.MAX_VALUE : lease.expires)
  const other = (lease: Lease) => (ownerOf(lease) === mac ? 0 : 1)
  return leases.toSorted((left, right) => lasts(right) - lasts(left) || other(left) - other(right))[0]
}

function rowOf(lease: Lease): Row {
  const { address, subnet, kind } = lease
  return { address, subnet, kind, mac: ownerOf(lease) ?? null, expires: lease.kind === 'permanent' ? null : lease.expires }
}

function leaseOf(row: Row): Lease {
  const { kind, subnet, expires } = row
  const address = parseIpv4(row.address)
  const mac = row.mac === null ? undefined : parseMac(row.mac)
  if (address && kind === 'permanent' && mac) return { kind, subnet, address, mac }
  if (address && kind === 'declined' && expires !== null) return { kind, subnet, address, expires }
  if (address && (kind === 'offered' || kind === 'bound' || kind === 'released') && mac && expires !== null) {
    return { kind, subnet, address, mac, expires }
  }
  throw new Error(`the lease of ${row.address} in the store cannot be read (kind ${kind}): remove that row, or restore a backup`)
}
