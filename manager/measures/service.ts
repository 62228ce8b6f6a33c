// What hosts and guests used over time: the last hour sample by sample in memory, the last day by five minutes in the store. What is
// counted goes to disk when its five minutes are over, a few hosts at a time: a manager that is killed has a gap of that.
import type { After } from '../../appliance/wire/timers.ts'
import type { PoolChange } from '../hosts/pool-change.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Sample } from '../protocol/sample.ts'
import type { Store } from '../store/database.ts'
import * as tables from '../store/tables/measures.ts'
import { bucketOf, type Entry } from './bucket.ts'
import { FineBook, HOUR } from './fine.ts'
import { measuredIn } from './measure.ts'
import { Noted } from './noted.ts'
import { Owners } from './owners.ts'
import { DAY, dayOf, type Points } from './points.ts'
import { Book, guestIn, ownOf, put, rowsOf } from './rows.ts'

export interface MeasuresOptions {
  readonly store: Pick<Store, 'db' | 'write'>
  readonly pool: {
    subscribe(listener: (change: PoolChange) => void): () => void
    knownInventory(host: string): Inventory | undefined
  }
  readonly now: () => number
  readonly after: After
  readonly onError: (error: unknown) => void
}

/** The last hour, or the last day. */
export type Last = '1h' | '1d'

const TICK = 500
/** After a write that failed, ms. */
const PAUSE = 60_000
/** Hosts in one commit: with fifty guests each they take 20 ms, and ten thousand hosts three minutes of five. */
const MOST_HOSTS = 32
/** Of one host, that wait for a store which takes no writes. */
const MOST_WAITING = 3

export class Measures {
  readonly #options: MeasuresOptions
  readonly #fine = new FineBook()
  readonly #owners = new Owners()
  readonly #noted = new Noted()
  readonly #unsubscribe: () => void
  /** By host: what is being counted. */
  readonly #books = new Map<string, Book>()
  /** By host, the oldest first: what is over, and not on disk yet. */
  readonly #waiting = new Map<string, Book[]>()
  /** Of inventories. */
  readonly #vcpus = new WeakMap<object, ReadonlyMap<string, number>>()
  #bucket: number
  #cancel: () => void
  #isClosed = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: MeasuresOptions) {
    this.#options = options
    this.#bucket = bucketOf(options.now())
    this.#unsubscribe = options.pool.subscribe((change) => {
      if (change.kind === 'sample') this.#take(change.host, change.sample)
    })
    this.#cancel = options.after(TICK, () => this.#tick())
  }

  /** `since`: points before it are not wanted. */
  async host(id: string, last: Last, since = 0): Promise<Points> {
    const { store, now } = this.#options
    if (last === '1h') return this.#fine.look(hostKey(id), since, now())
    const entries = new Map<number, Entry>()
    for (const { at, own } of await tables.ownMeasures(store.db, id, now() - DAY)) put(entries, at, ownOf(own))
    for (const book of this.#unwritten(id)) put(entries, book.at, book.own())
    return dayOf(entries, since, now())
  }

  /** By UUID, on whatever hosts it was. */
  async guest(uuid: string, last: Last, since = 0): Promise<Points> {
    const { store, now } = this.#options
    if (last === '1h') return this.#fine.look(guestKey(uuid), since, now())
    const entries = new Map<number, Entry>()
    for (const host of await tables.hostsThatMeasured(store.db, uuid)) {
      for (const { at, guests } of await tables.guestMeasures(store.db, host, now() - DAY)) put(entries, at, guestIn(guests, uuid))
    }
    for (const host of new Set([...this.#waiting.keys(), ...this.#books.keys()])) {
      for (const book of this.#unwritten(host)) put(entries, book.at, book.guest(uuid))
    }
    return dayOf(entries, since, now())
  }

  /** What is older than a day, also of what is measured no more. */
  async forget(): Promise<void> {
    const { store, now } = this.#options
    await store.write((transaction) => tables.forgetMeasures(transaction, now() - DAY, now() + DAY))
  }

  /** Resolves when all that was counted is on disk, or the store takes no writes: what is closed after it is closed all the same. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#unsubscribe()
    this.#cancel()
    await this.#writing
    for (const book of this.#books.values()) this.#finish(book)
    while (this.#waiting.size > 0) {
      const left = this.#waiting.size
      await this.#write().catch(this.#options.onError)
      if (this.#waiting.size === left) break
    }
  }

  #take(host: string, sample: Sample): void {
    const at = this.#options.now()
    const bucket = bucketOf(at)
    const taken = measuredIn(sample, (uuid) => this.#vcpusOn(host)?.get(uuid))
    const { milliseconds } = sample
    let book = this.#books.get(host)
    if (book?.at !== bucket) {
      if (book) this.#finish(book)
      book = new Book(host, bucket)
      this.#books.set(host, book)
    }
    this.#fine.add(hostKey(host), at, milliseconds, taken.host)
    book.add(taken, milliseconds, (uuid) => {
      if (!this.#owners.hears(uuid, host, at, milliseconds)) return false
      const measured = taken.guests.get(uuid)
      if (measured) this.#fine.add(guestKey(uuid), at, milliseconds, measured)
      return true
    })
  }

  /** Undefined where its inventory is not known. */
  #vcpusOn(host: string): ReadonlyMap<string, number> | undefined {
    const guests = this.#options.pool.knownInventory(host)?.guests
    if (!guests) return undefined
    const known = this.#vcpus.get(guests) ?? new Map(guests.map(({ uuid, vcpus }) => [uuid, vcpus]))
    this.#vcpus.set(guests, known)
    return known
  }

  #finish(book: Book): void {
    this.#books.delete(book.host)
    const waiting = [...(this.#waiting.get(book.host) ?? []), book]
    this.#waiting.set(book.host, waiting.slice(-MOST_WAITING))
  }

  #unwritten(host: string): readonly Book[] {
    const book = this.#books.get(host)
    return [...(this.#waiting.get(host) ?? []), ...(book ? [book] : [])]
  }

  #tick(): void {
    const { now, after, onError } = this.#options
    const bucket = bucketOf(now())
    if (bucket !== this.#bucket) {
      this.#bucket = bucket
      for (const book of this.#books.values()) if (book.at !== bucket) this.#finish(book)
      this.#owners.forget(now() - HOUR)
      this.#fine.forget(now())
    }
    let pause = TICK
    this.#writing = this.#write()
      .catch((error: unknown) => {
        pause = PAUSE
        onError(error)
      })
      .finally(() => {
        if (!this.#isClosed) this.#cancel = after(pause, () => this.#tick())
      })
  }

  /** Of a few hosts, in one transaction. */
  async #write(): Promise<void> {
    const { store, now } = this.#options
    const hosts = [...this.#waiting.keys()].slice(0, MOST_HOSTS)
    const books = hosts.flatMap((host) => this.#waiting.get(host) ?? [])
    if (books.length === 0) return
    const noted = await this.#noted.news(store.db, books, now())
    await store.write(async (transaction) => {
      const there = await tables.measuresAt(
        transaction,
        hosts,
        books.map(({ at }) => at),
      )
      await tables.saveMeasures(transaction, rowsOf(books, there))
      await tables.saveMeasuredGuests(transaction, noted)
      await tables.pruneMeasures(transaction, hosts, now() - DAY, now() + DAY)
    })
    this.#noted.keep(noted)
    const written = new Set(books)
    for (const host of hosts) {
      const left = (this.#waiting.get(host) ?? []).filter((book) => !written.has(book))
      if (left.length > 0) this.#waiting.set(host, left)
      else this.#waiting.delete(host)
    }
  }
}

const hostKey = (id: string): string => `host ${id}`
const guestKey = (uuid: string): string => `guest ${uuid}`
