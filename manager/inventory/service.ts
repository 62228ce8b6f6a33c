// The pool as the API and the gateway see it: hosts in memory, every change of them on disk before it shows. Decisions are in
// operator.ts and state.ts, what follows from the inventories in the files beside this one.
import type { AgentBook } from '../agents/book.ts'
import { type HostState, mayBeAsked, parseHostState } from '../enrolment/standing.ts'
import type { KernelEvent } from '../protocol/events.ts'
import { type Inventory, SECTION_NAMES, type SectionName } from '../protocol/inventory.ts'
import type { Sample } from '../protocol/sample.ts'
import { clearAlarm, openAlarms, type RaisedAlarm, raiseAlarm, type StoredAlarm } from '../store/alarms.ts'
import { revokeCertificates } from '../store/certificates.ts'
import type { Store, Transaction } from '../store/database.ts'
import { addHistory, type Change, historyOf } from '../store/history.ts'
import { allHosts, dropClaims, type HostRecord, hostById, hostByMac, isNameTaken, updateHost } from '../store/hosts.ts'
import { inventoryOf, type Report, type Revision, revisionsOfAll, saveInventory } from '../store/inventories.ts'
import { type ExchangeGroups, exchangeGroups } from './cpu-groups.ts'
import { type Hindrance, hindrancesOf, type Level, levelOf } from './cpu-level.ts'
import { ConnectivityMatrix } from './matrix.ts'
import { rule, type Wish } from './operator.ts'
import type { HostView, Outcome, PoolChange } from './pool-change.ts'
import type { StateEvent } from './state.ts'

export interface PoolOptions {
  readonly store: Store
  readonly now: () => number
  /** Milliseconds, by a clock that does not jump. */
  readonly elapsed: () => number
  /** How long a host may be without a connection before it is lost, ms. */
  readonly lostAfter: number
}

/** Of the hosts that may run guests. */
export interface PoolCpu {
  readonly level: Level
  readonly groups: ExchangeGroups
  readonly hindrances: readonly Hindrance[]
}

interface LiveHost {
  record: HostRecord
  state: HostState
  revision: (Revision & { readonly at: number }) | undefined
  inventory: Inventory | undefined
  sample: Sample | undefined
  connection: { readonly address: string; readonly agent: string; readonly since: number } | undefined
  /** When it was last connected, by the clock that does not jump; undefined once it is taken for lost. */
  goneAt: number | undefined
  /** Its appliance saw it boot while its old connection still stood. */
  boots: boolean
}

/** Reads all hosts from the store. Those that were up have `lostAfter` to come back. */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { db } = options.store
  const [records, revisions] = await Promise.all([allHosts(db), revisionsOfAll(db)])
  return new Pool(options, records, revisions)
}

export class Pool implements AgentBook {
  readonly #options: PoolOptions
  readonly #hosts = new Map<string, LiveHost>()
  readonly #listeners = new Set<(change: PoolChange) => void>()
  #matrix: ConnectivityMatrix | undefined

  constructor(options: PoolOptions, records: readonly HostRecord[], revisions: ReadonlyMap<string, Revision & { readonly at: number }>) {
    this.#options = options
    for (const record of records) this.#hosts.set(record.id, this.#live(record, revisions.get(record.id)))
  }

  /** By name. */
  hosts(): readonly HostView[] {
    return [...this.#hosts.values()].map(viewOf).sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
  }

  host(id: string): HostView | undefined {
    const live = this.#hosts.get(id)
    return live && viewOf(live)
  }

  /** Newest first. */
  history(id: string, limit = 1000): Promise<readonly Change[]> {
    return historyOf(this.#options.store.db, id, limit)
  }

  async inventory(id: string): Promise<Inventory | undefined> {
    const live = this.#hosts.get(id)
    while (live && !live.inventory) {
      const { revision } = live
      const read = await inventoryOf(this.#options.store.db, id)
      if (!read) return live.inventory
      if (live.revision === revision) live.inventory ??= read // else a report has come meanwhile
    }
    return live?.inventory
  }

  /** The newest since this manager started; samples are not kept. */
  latestSample(id: string): Sample | undefined {
    return this.#hosts.get(id)?.sample
  }

  /** Of all hosts that have reported and are not rejected; it changes as they report. The first call reads all inventories. */
  async matrix(): Promise<ConnectivityMatrix> {
    if (this.#matrix) return this.#matrix
    await Promise.all([...this.#hosts.keys()].map((id) => this.inventory(id)))
    this.#matrix ??= new ConnectivityMatrix()
    for (const live of this.#hosts.values()) this.#place(live)
    return this.#matrix
  }

  async cpu(): Promise<PoolCpu> {
    const matrix = await this.matrix()
    const cpus = this.hosts().flatMap(({ id, state }) => (mayBeAsked(state) ? (matrix.cpuOf(id) ?? []) : []))
    return { level: levelOf(cpus), groups: exchangeGroups(cpus), hindrances: hindrancesOf(cpus) }
  }

  alarms(): Promise<readonly StoredAlarm[]> {
    return openAlarms(this.#options.store.db)
  }

  async clearAlarm(key: string, who: string): Promise<boolean> {
    const { store, now } = this.#options
    const cleared = await store.write((transaction) => clearAlarm(transaction, key, now(), who))
    if (cleared) this.#tell({ kind: 'alarm-cleared', key })
    return cleared
  }

  approve(id: string, who: string): Promise<Outcome> {
    return this.move(id, { kind: 'approve' }, who)
  }

  /** Its certificates are revoked with it; who listens to changes ends its connection. */
  reject(id: string, who: string): Promise<Outcome> {
    return this.move(id, { kind: 'reject' }, who)
  }

  /** Any other step of its state: maintain, resume, fence, release. */
  move(id: string, event: StateEvent, who: string): Promise<Outcome> {
    return this.#wish(id, { kind: 'state', event }, who)
  }

  rename(id: string, name: string, who: string): Promise<Outcome> {
    return this.#wish(id, { kind: 'rename', name }, who)
  }

  /** These and no others. */
  group(id: string, groups: readonly string[], who: string): Promise<Outcome> {
    return this.#wish(id, { kind: 'group', groups }, who)
  }

  note(id: string, notes: string, who: string): Promise<Outcome> {
    return this.#wish(id, { kind: 'note', notes }, who)
  }

  /** Until the function that it returns is called. A listener that throws harms nobody else's. */
  subscribe(listener: (change: PoolChange) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Hosts that have been away too long are lost. Called every second or so. */
  async tick(): Promise<void> {
    const { elapsed, lostAfter } = this.#options
    const late = [...this.#hosts.values()].filter(
      ({ connection, goneAt }) => !connection && goneAt !== undefined && elapsed() - goneAt >= lostAfter,
    )
    await Promise.all(
      late.map(async (live) => {
        live.goneAt = undefined
        await this.move(live.record.id, { kind: 'silent', cause: `no connection for ${Math.round(lostAfter / 1000)} s` }, 'manager')
      }),
    )
  }

  // ---- for the gateway ----

  stateOf(host: string): string | undefined {
    return this.#hosts.get(host)?.state
  }

  revisionOf(host: string): Revision | undefined {
    return this.#hosts.get(host)?.revision
  }

  async connected(host: string, address: string, agent: string, dropped: readonly string[]): Promise<void> {
    const live = this.#known(host)
    live.connection = { address, agent, since: this.#options.now() }
    live.boots = false
    const outcome = await this.move(host, { kind: 'connects' }, 'agent')
    this.#show(live)
    this.#tell({ kind: 'connected', host, agent, dropped })
    if (outcome.kind === 'refused') await this.alarm({ kind: 'host-state', about: host, host, text: outcome.reason })
  }

  disconnected(host: string): void {
    const live = this.#hosts.get(host)
    if (!live) return
    live.connection = undefined
    live.goneAt = this.#options.elapsed()
    if (live.boots) void this.move(host, { kind: 'boots' }, 'appliance').catch(() => undefined)
    this.#show(live)
  }

  async report(host: string, report: Report): Promise<void> {
    const { store, now } = this.#options
    const live = this.#known(host)
    const at = now()
    await store.write((transaction) => saveInventory(transaction, host, at, report))
    live.revision = { run: report.run, revision: report.revision, at }
    const given = Object.entries(report.sections).filter(([, section]) => section !== undefined)
    const isWhole = given.length === SECTION_NAMES.length
    if (live.inventory || isWhole) {
      live.inventory = { ...live.inventory, ...Object.fromEntries(given), problems: report.problems } as Inventory
    }
    this.#tell({ kind: 'inventory', host, sections: given.map(([name]) => name as SectionName) })
    this.#show(live)
  }

  sample(host: string, sample: Sample): void {
    const live = this.#hosts.get(host)
    if (!live) return
    live.sample = sample
    this.#tell({ kind: 'sample', host, sample })
  }

  event(host: string, at: number, event: KernelEvent): void {
    this.#tell({ kind: 'event', host, at, event })
  }

  async enrolled(host: string): Promise<void> {
    const record = await hostById(this.#options.store.db, host)
    if (!record) return
    const live = this.#hosts.get(host)
    if (live) take(live, record)
    else this.#hosts.set(host, this.#live(record, undefined))
    this.#show(this.#known(host))
  }

  async boots(mac: string): Promise<void> {
    const record = await hostByMac(this.#options.store.db, mac)
    const live = record && this.#hosts.get(record.id)
    if (!live) return
    live.boots = live.connection !== undefined
    await this.move(record.id, { kind: 'boots' }, 'appliance')
  }

  async alarm(alarm: RaisedAlarm): Promise<void> {
    const { store, now } = this.#options
    await store.write((transaction) => raiseAlarm(transaction, now(), alarm))
    this.#tell({ kind: 'alarm', alarm })
  }

  // ---- inside ----

  #live(record: HostRecord, revision: (Revision & { readonly at: number }) | undefined): LiveHost {
    const state = parseHostState(record.state)
    const goneAt = this.#options.elapsed()
    return { record, state, revision, inventory: undefined, sample: undefined, connection: undefined, goneAt, boots: false }
  }

  #known(host: string): LiveHost {
    const live = this.#hosts.get(host)
    if (!live) throw new Error(`host ${host} is connected and not in the pool`)
    return live
  }

  async #wish(id: string, wish: Wish, who: string): Promise<Outcome> {
    const { store } = this.#options
    const live = this.#hosts.get(id)
    if (!live) return { kind: 'refused', reason: `there is no host ${id}` }
    const ruling = await store.write(async (transaction) => {
      const record = await hostById(transaction, id)
      if (!record) return { kind: 'refused' as const, reason: `there is no host ${id}` }
      const taken = wish.kind === 'rename' && (await isNameTaken(transaction, wish.name))
      const isConnected = live.connection !== undefined
      const decided = rule(wish, record, { isConnected, isNameTaken: taken, who, at: this.#options.now() })
      if (decided.kind !== 'change') return decided
      if (decided.set.state === 'rejected') {
        await revokeCertificates(transaction, id, this.#options.now(), `rejected by ${who}`)
        await dropClaims(transaction, id)
      }
      return { kind: 'changed' as const, record: await this.#write(transaction, record, decided.set, decided.what, who) }
    })
    if (ruling.kind === 'refused') return ruling
    if (ruling.kind === 'changed') {
      take(live, ruling.record)
      this.#show(live)
    }
    return { kind: 'done', host: viewOf(live) }
  }

  async #write(
    transaction: Transaction,
    record: HostRecord,
    set: { readonly name?: string; readonly state?: HostState; readonly groups?: readonly string[]; readonly notes?: string },
    what: string,
    who: string,
  ): Promise<HostRecord> {
    const at = this.#options.now()
    await updateHost(transaction, record.id, { ...set, ...(set.state ? { since: at } : {}) })
    await addHistory(transaction, record.id, { at, who, what })
    const changed = await hostById(transaction, record.id)
    if (!changed) throw new Error(`host ${record.id} went away while it was changed`)
    return changed
  }

  /** Into the matrix, or out of it. */
  #place({ record: { id, name }, state, inventory }: LiveHost): void {
    if (inventory && state !== 'rejected') this.#matrix?.update({ id, name, state, inventory })
    else this.#matrix?.remove(id)
  }

  #show(live: LiveHost): void {
    this.#place(live)
    this.#tell({ kind: 'host', host: viewOf(live) })
  }

  #tell(change: PoolChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch {
        this.#listeners.delete(listener)
      }
    }
  }
}

function take(live: LiveHost, record: HostRecord): void {
  live.record = record
  live.state = parseHostState(record.state)
}

function viewOf({ record, state, connection, revision }: LiveHost): HostView {
  const { id, name, since, groups, notes, created, uuid, macs } = record
  return {
    id,
    name,
    state,
    since,
    groups,
    notes,
    created,
    macs,
    ...(uuid === undefined ? {} : { uuid }),
    ...(connection ? { connection } : {}),
    ...(revision ? { inventory: { revision: revision.revision, at: revision.at } } : {}),
  }
}
