// The guests of the pool as they stand now: those that the store has, and domains on hosts that nobody has made by us. It reads, and
// changes nothing.

import type { HostView } from '../hosts/pool-change.ts'
import type { Pool } from '../hosts/service.ts'
import type { GuestState } from '../protocol/guest-state.ts'
import type { Guest as Domain } from '../protocol/guests.ts'
import { isAnswering, isHarmless, sayHost } from '../protocol/host.ts'
import { uncountedOf } from '../protocol/unread.ts'
import type { Store } from '../store/database.ts'
import { allGuests, disksOf, findGuest } from '../store/tables/guests.ts'
import { addressesOn, type KnownAddress } from './addresses.ts'
import { type GuestRecord, guestRecord } from './guest.ts'
import { type Holding, holdingsOf } from './holdings.ts'
import { type Sighting, stateOf } from './state.ts'

export interface GuestBookOptions {
  readonly store: Pick<Store, 'db'>
  readonly pool: Pick<Pool, 'hosts' | 'host' | 'knownInventory' | 'learn'>
  readonly now: () => number
}

export interface Seen {
  readonly host: HostView
  readonly domain: Domain
  /** Missing: not known. */
  readonly addresses?: readonly KnownAddress[] | undefined
}

export interface GuestView {
  readonly uuid: string
  readonly name: string
  readonly state: GuestState | 'unmanaged'
  readonly why: string | undefined
  /** Undefined: of a domain that nobody has made by us. */
  readonly record: GuestRecord | undefined
  /** Where it runs, or lies. */
  readonly host: HostView | undefined
  /** As hosts report it, its own host first. */
  readonly seen: readonly Seen[]
  /** The automation that has it. */
  readonly holding: Holding | undefined
}

export class GuestBook {
  readonly #options: GuestBookOptions

  constructor(options: GuestBookOptions) {
    this.#options = options
  }

  /** By name. */
  async all(): Promise<readonly GuestView[]> {
    const { store, pool } = this.#options
    await pool.learn()
    const [rows, disks, holdings] = await Promise.all([allGuests(store.db), disksOf(store.db), holdingsOf(store.db)])
    const seen = this.#seen()
    const views = rows.map((row) =>
      this.#view(
        guestRecord(
          row,
          disks.filter(({ guest }) => guest === row.uuid),
        ),
        seen.get(row.uuid) ?? [],
        holdings.get(row.uuid),
      ),
    )
    const known = new Set(rows.map(({ uuid }) => uuid))
    const strangers = [...seen].flatMap(([uuid, at]) => (known.has(uuid) ? [] : at.map((one) => stranger(one))))
    return [...views, ...strangers].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  /** By UUID or name, of those that the store has. */
  async find(ref: string): Promise<(GuestView & { readonly record: GuestRecord }) | undefined> {
    const { store, pool } = this.#options
    const row = await findGuest(store.db, ref)
    if (!row) return undefined
    await pool.learn()
    const [disks, holdings] = await Promise.all([disksOf(store.db, row.uuid), holdingsOf(store.db)])
    const record = guestRecord(row, disks)
    return { ...this.#view(record, this.#seen().get(row.uuid) ?? [], holdings.get(row.uuid)), record }
  }

  /** Names of guests that are to attach to it. */
  async attachedTo(network: string): Promise<readonly string[]> {
    const rows = await allGuests(this.#options.store.db)
    return rows
      .map((row) => guestRecord(row, []))
      .flatMap(({ name, spec }) => (spec.nics.some((nic) => nic.network === network) ? [name] : []))
  }

  /** Names of guests that have a disk which is being made of this image: one that is ready needs it no more. */
  async madeOf(image: string): Promise<readonly string[]> {
    const { db } = this.#options.store
    const [rows, disks] = await Promise.all([allGuests(db), disksOf(db)])
    const making = new Set(disks.filter((disk) => disk.image === image && disk.state === 'making').map(({ guest }) => guest))
    return rows.flatMap(({ uuid, name }) => (making.has(uuid) ? [name] : []))
  }

  /** Names of guests whose specs say that they boot by the kernel of this name. */
  async bootedBy(kernel: string): Promise<readonly string[]> {
    const rows = await allGuests(this.#options.store.db)
    return rows
      .filter((row) => row.spec.includes('"kernel"'))
      .map((row) => guestRecord(row, []))
      .flatMap(({ name, spec }) => (spec.boot !== 'grub' && spec.boot.kernel === kernel ? [name] : []))
  }

  #view(record: GuestRecord, seen: readonly Seen[], holding: Holding | undefined): GuestView {
    const { pool, now } = this.#options
    const { uuid, name, disks, power, since, host: id } = record
    const own = id === undefined ? undefined : pool.host(id)
    const sightings = seen.map(({ host, domain }): Sighting => {
      const report = this.#silence(host) === undefined ? 'fresh' : 'stale'
      return { host: host.id, hostName: host.name, report, state: domain.state }
    })
    const { state, why } = stateOf({
      known: { host: id, power, since, made: disks.some((disk) => disk.state === 'making') ? 'no' : 'yes' },
      seen: sightings,
      host: own && { name: own.name, silent: this.#silence(own) },
      recipe: holding?.recipe,
      now: now(),
    })
    const first = seen.toSorted((a, b) => Number(b.host.id === id) - Number(a.host.id === id))
    return { uuid, name, state, why, record, host: own ?? first[0]?.host, seen: first, holding }
  }

  /** Why nobody knows now what runs on it. */
  #silence(host: HostView): string | undefined {
    const { id, name } = host
    const inventory = this.#options.pool.knownInventory(id)
    if (isHarmless(host)) return undefined
    if (!isAnswering(host)) return `${name} is ${sayHost(host)}, and may run it`
    if (!inventory) return `${name} has not reported`
    const [unread] = uncountedOf(inventory, ['guests'])
    return unread && `the guests of ${name} could not be read: ${unread.reason}`
  }

  /** By UUID. A fenced host runs nothing, unless its agent was heard since. */
  #seen(): ReadonlyMap<string, readonly Seen[]> {
    const { pool } = this.#options
    const seen = new Map<string, Seen[]>()
    for (const host of pool.hosts()) {
      if (isHarmless(host) || host.trust === 'rejected') continue
      const inventory = pool.knownInventory(host.id)
      const addressesOf = addressesOn(inventory)
      for (const domain of inventory?.guests ?? []) {
        const one = { host, domain, addresses: addressesOf?.(domain.uuid) }
        const at = seen.get(domain.uuid)
        if (at) at.push(one)
        else seen.set(domain.uuid, [one])
      }
    }
    return seen
  }
}

function stranger(seen: Seen): GuestView {
  const { uuid, name } = seen.domain
  return { uuid, name, state: 'unmanaged', why: undefined, record: undefined, host: seen.host, seen: [seen], holding: undefined }
}
