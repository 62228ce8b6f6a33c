// Which address of a pool to lend next, kept in step with the leases, so that no choice walks over the pool: never used ones first, in
// their order; then the one that has been free for longest. Pure.
import { type AddressRange, type Ipv4, ipv4FromNumber, ipv4ToNumber } from '../wire/addresses.ts'
import { type Entry, ExpiryHeap } from './expiry-heap.ts'
import type { Lease, LeaseCounts, LendingPool } from './lease.ts'

/** Of an address that was used: the lease that is on it, or none any more. */
interface Used extends Entry {
  kind: Lease['kind'] | 'forgotten'
}

export class FreeList {
  readonly #pool: LendingPool
  readonly #first: number
  readonly #last: number
  /** None below it was never used. */
  #fresh: number
  readonly #used = new Map<number, Used>()
  /** Free whatever the time is: given back or forgotten. */
  readonly #idle = new ExpiryHeap<Used>()
  /** Free once their time has come. */
  readonly #taken = new ExpiryHeap<Used>()
  readonly #counts = { offered: 0, bound: 0, permanent: 0, released: 0, declined: 0, forgotten: 0 }

  /** What the pool does not lend now it is never asked about again. */
  constructor(pool: LendingPool) {
    this.#pool = pool
    this.#first = ipv4ToNumber(pool.range.first)
    this.#last = ipv4ToNumber(pool.range.last)
    this.#fresh = this.#first
  }

  get range(): AddressRange {
    return this.#pool.range
  }

  /** To be called with each lease that there is, and whenever another one takes the place of one. */
  put(lease: Lease): void {
    this.#set(lease.address, lease.kind, lease.kind === 'permanent' ? Number.POSITIVE_INFINITY : lease.expires)
  }

  /** To be called when there is no lease on an address any more, since `at` (ms since the epoch). */
  forget(address: Ipv4, at: number): void {
    this.#set(address, 'forgotten', at)
  }

  /** To be called when what was put on an address is taken back, and nothing was there before. */
  takeBack(address: Ipv4): void {
    const number = ipv4ToNumber(address)
    const used = this.#used.get(number)
    if (!used) return
    this.#heapOf(used.kind).remove(used)
    this.#counts[used.kind] -= 1
    this.#used.delete(number)
    this.#fresh = Math.min(this.#fresh, number)
  }

  /** Undefined when none is free at `now` (ms since the epoch). */
  next(now: number): Ipv4 | undefined {
    while (this.#fresh <= this.#last && !this.#isFresh(this.#fresh)) this.#fresh += 1
    if (this.#fresh <= this.#last) return ipv4FromNumber(this.#fresh)
    const [idle, taken] = [this.#idle.top, this.#taken.top]
    const expired = taken && taken.from <= now ? taken : undefined
    const oldest = idle && expired ? (expired.from < idle.from ? expired : idle) : (idle ?? expired)
    return oldest && ipv4FromNumber(oldest.address)
  }

  /** Of the addresses that the pool lends: those on which there is a lease of each kind, whether it has expired or not. */
  get counts(): LeaseCounts {
    return this.#counts
  }

  #isFresh(address: number): boolean {
    return !this.#used.has(address) && this.#pool.lends(ipv4FromNumber(address))
  }

  #set(address: Ipv4, kind: Used['kind'], from: number): void {
    const number = ipv4ToNumber(address)
    if (number < this.#first || number > this.#last) return
    const before = this.#used.get(number)
    if (before) {
      this.#counts[before.kind] -= 1
      this.#counts[kind] += 1
      const [left, entered] = [this.#heapOf(before.kind), this.#heapOf(kind)]
      before.kind = kind
      if (left !== entered) left.remove(before)
      before.from = from
      if (left === entered) left.moved(before)
      else entered.add(before)
    } else if (this.#pool.lends(address)) {
      const used: Used = { address: number, from, slot: 0, kind }
      this.#counts[kind] += 1
      this.#used.set(number, used)
      this.#heapOf(kind).add(used)
    }
  }

  #heapOf(kind: Used['kind']): ExpiryHeap<Used> {
    return kind === 'released' || kind === 'forgotten' ? this.#idle : this.#taken
  }
}
