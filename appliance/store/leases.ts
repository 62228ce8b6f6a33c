// The leases table. What is acknowledged is on disk when `flush` or `commit` returns (SQLite, synchronous = FULL), so a reply that is
// sent afterwards is never forgotten; offers are not: they promise nothing that the REQUEST does not ask for once more, and anybody can
// call for them by the thousand. Reads come from memory: this object is the table's only writer. A row has the MAC that asked; whose
// host that is, the config says, and may say otherwise later. A host that is written has one row in a subnet.
import type { HostKey } from '../boot/known-host.ts'
import {
  describeLease,
  isLive,
  type Lease,
  type LeaseChange,
  type LeaseCounts,
  type LeaseStore,
  type LendingPool,
  ownerOf,
  type SubnetKey,
} from '../dhcp/lease.ts'
import { LeaseIndex, type Replacement } from '../dhcp/lease-index.ts'
import { type Ipv4, ipv4ToNumber, type Mac, parseIpv4, parseMac } from '../wire/addresses.ts'
import type { Store } from './database.ts'

type Row = [address: string, subnet: string, mac: string | null, kind: string, expires: number | null]

/** Leases that are in memory alone: offers, and what became of them. The one made first is forgotten first. */
const MOST_UNWRITTEN = 65_536

/** A lease that took the place of others: in memory, and, where it is to be written, in the table. */
interface Staged {
  readonly inMemory: Replacement
  readonly onDisk: Replacement | undefined
}

export class Leases implements LeaseStore {
  readonly #now: () => number
  #key: HostKey
  /** As it is, with offers. */
  #leases: LeaseIndex
  /** As it is once what is staged is written. */
  #onDisk: LeaseIndex
  readonly #unwritten = new Map<Ipv4, Lease>()
  readonly #most: number
  readonly #save: (staged: readonly Staged[]) => void
  /** From the first that has to be written on. */
  readonly #staged: Staged[] = []
  /** Why what was staged since the last flush is gone again. */
  #lost: { readonly cause: unknown } | undefined
  #changes = 0

  /**
   * Reads the table; `now` gives milliseconds since the epoch; without `key` each MAC is a host; `most`: leases that are in memory alone;
   * `timed` calls what writes to the disk. Throws when a row is not ours.
   */
  constructor(
    store: Store,
    now: () => number = Date.now,
    key: HostKey = (mac) => mac,
    most: number = MOST_UNWRITTEN,
    timed: (write: () => void) => void = (write) => write(),
  ) {
    this.#most = most
    this.#now = now
    this.#key = key
    this.#leases = new LeaseIndex(key)
    this.#onDisk = new LeaseIndex(key)
    const remove = store.prepare<[string]>('DELETE FROM leases WHERE address = ?')
    const save = store.prepare<Row>(
      `INSERT INTO leases (address, subnet, mac, kind, expires) VALUES (?, ?, ?, ?, ?) ON CONFLICT (address) DO UPDATE
       SET subnet = excluded.subnet, mac = excluded.mac, kind = excluded.kind, expires = excluded.expires`,
    )
    const write = store.transaction((staged: readonly Staged[]) => {
      for (const { onDisk } of staged) {
        if (!onDisk) continue
        for (const { address } of onDisk.old) if (address !== onDisk.lease.address) remove.run(address)
        save.run(...rowOf(onDisk.lease))
      }
    })
    this.#save = (staged) => (staged.some(({ onDisk }) => onDisk) ? timed(() => write(staged)) : write(staged))
    for (const row of store.prepare<[], Row>('SELECT address, subnet, mac, kind, expires FROM leases').raw().all()) {
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
    return preferred(this.#leases.inSubnet(subnet, mac), mac)
  }

  byAddress(address: Ipv4): Lease | undefined {
    return this.#leases.at(address)
  }

  nextFree(pool: LendingPool, now: number): Ipv4 | undefined {
    return this.#leases.freeIn(pool).next(now)
  }

  countIn(pool: LendingPool): LeaseCounts {
    return this.#leases.freeIn(pool).counts
  }

  /**
   * The address this host was given last: a permanent lease, else the bound one that lasts longest. It may have expired, but
   * nobody else has the address. Offers and leases given back do not count.
   */
  byMac(mac: Mac): Lease | undefined {
    const given = this.#leases.of(mac).filter(({ kind }) => kind === 'bound' || kind === 'permanent')
    return preferred(given, mac)
  }

  /** Every row, in no order. */
  all(): Iterable<Lease> {
    return this.#leases.all()
  }

  /** Every row, by address: live, expired, given back and declined. */
  list(): readonly Lease[] {
    const numbered = Array.from(this.#leases.all(), (lease) => ({ lease, number: ipv4ToNumber(lease.address) }))
    return numbered.sort((left, right) => left.number - right.number).map(({ lease }) => lease)
  }

  /**
   * Takes one decision. Throws, and changes nothing, when it would take a live lease from another host: a decision made of
   * stale facts. A permanent lease stays permanent when its own host is offered or bound to it again.
   */
  stage(change: LeaseChange): void {
    const present = this.#leases.at(change.address)
    switch (change.kind) {
      case 'offer':
      case 'bind': {
        if (present && !this.#isOf(present, change.mac) && isLive(present, this.#now())) {
          throw new Error(`${change.address} cannot go to ${change.mac}: it is ${describeLease(present)}`)
        }
        if (present?.kind === 'permanent') return
        const { subnet, mac, address, expires } = change
        this.#put({ kind: change.kind === 'offer' ? 'offered' : 'bound', subnet, mac, address, expires })
        return
      }
      case 'free': {
        const { subnet, mac, address, at } = change
        if (present && this.#isOf(present, mac)) this.#put({ kind: 'released', subnet, mac, address, expires: at })
        return
      }
      case 'decline': {
        const { subnet, address, until } = change
        this.#put({ kind: 'declined', subnet, address, expires: until })
      }
    }
  }

  flush(): void {
    this.#settle()
    const lost = this.#lost
    this.#lost = undefined
    if (lost) throw lost.cause
  }

  commit(change: LeaseChange): void {
    this.#alone(() => this.stage(change))
  }

  /**
   * Keeps the address with this host until it is released: its root will live on it and no DHCP client renews it there.
   * Undefined when the address is not this host's (another has it, or it was never lent).
   */
  makePermanent(mac: Mac, address: Ipv4): Lease | undefined {
    this.#settle() // what is staged may be gone again after it
    const present = this.#leases.at(address)
    if (!present || !this.#isOf(present, mac)) return undefined
    const lease: Lease = { kind: 'permanent', subnet: present.subnet, mac, address }
    this.#alone(() => this.#put(lease))
    return lease
  }

  /** Ends every lease and offer of this host, permanent ones too; returns what was ended. */
  release(mac: Mac): readonly Lease[] {
    const ended = this.#leases.of(mac).filter(({ kind }) => kind !== 'released')
    for (const { subnet, address } of ended) this.commit({ kind: 'free', subnet, mac, address, at: this.#now() })
    return ended
  }

  /** Of which host each MAC is from now on; what a pool lends is asked anew. No lease is changed. */
  rekey(key: HostKey): void {
    this.#settle() // what is staged could not be taken back after it
    this.#key = key
    const again = (index: LeaseIndex): LeaseIndex => {
      const made = new LeaseIndex(key)
      for (const lease of index.all()) made.remember(lease)
      return made
    }
    this.#leases = again(this.#leases)
    this.#onDisk = again(this.#onDisk)
  }

  #isOf(lease: Lease, mac: Mac): boolean {
    const owner = ownerOf(lease)
    return owner !== undefined && this.#key(owner) === this.#key(mac)
  }

  #put(lease: Lease): void {
    const now = this.#now()
    const isNowhere = this.#onDisk.inTheWayOf(lease).length === 0
    const promisesNothing = lease.kind === 'offered' || (lease.kind === 'released' && isNowhere)
    const onDisk = promisesNothing ? undefined : this.#onDisk.replace(lease, now)
    const inMemory = this.#leases.replace(lease, now)
    for (const { address } of inMemory.old) this.#unwritten.delete(address)
    if (promisesNothing) this.#keepUnwritten(lease, now)
    if (onDisk || this.#staged.length > 0) this.#staged.push({ inMemory, onDisk })
    this.#changes += 1
  }

  /** Bounded: where there is no room the oldest goes. Its address is free then, and its client may ask for it all the same. */
  #keepUnwritten(lease: Lease, now: number): void {
    this.#unwritten.set(lease.address, lease)
    for (const [address, oldest] of this.#unwritten) {
      if (this.#unwritten.size <= this.#most || this.#staged.length > 0) return
      this.#unwritten.delete(address)
      this.#leases.forget(oldest, now)
      const written = this.#onDisk.at(address)
      if (written && this.#leases.inTheWayOf(written).length === 0) this.#leases.remember(written)
    }
  }

  /** Writes one change by itself: what was staged before it fails or holds apart from it. */
  #alone(change: () => void): void {
    this.#settle()
    change()
    this.#write()
  }

  #settle(): void {
    try {
      this.#write()
    } catch (cause) {
      this.#lost = { cause }
    }
  }

  /** Throws, and takes back all that is staged, when it cannot be written. */
  #write(): void {
    try {
      if (this.#staged.length > 0) this.#save(this.#staged)
    } catch (error) {
      for (const { inMemory, onDisk } of this.#staged.toReversed()) {
        if (onDisk) this.#onDisk.takeBack(onDisk)
        this.#leases.takeBack(inMemory)
        this.#unwritten.delete(inMemory.lease.address)
        for (const old of inMemory.old) if (this.#onDisk.at(old.address) !== old) this.#unwritten.set(old.address, old)
      }
      throw error
    } finally {
      this.#staged.length = 0
    }
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
  return [address, subnet, ownerOf(lease) ?? null, kind, lease.kind === 'permanent' ? null : lease.expires]
}

function leaseOf(row: Row): Lease {
  const [text, subnet, owner, kind, expires] = row
  const address = parseIpv4(text)
  const mac = owner === null ? undefined : parseMac(owner)
  if (address && kind === 'permanent' && mac) return { kind, subnet, address, mac }
  if (address && kind === 'declined' && expires !== null) return { kind, subnet, address, expires }
  if (address && (kind === 'offered' || kind === 'bound' || kind === 'released') && mac && expires !== null) {
    return { kind, subnet, address, mac, expires }
  }
  throw new Error(`the lease of ${text} in the store cannot be read (kind ${kind}): remove that row, or restore a backup`)
}
