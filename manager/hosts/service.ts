// The pool as the API and the gateway see it: hosts in memory, every change of them on disk before it shows. Decisions are in
// operator.ts and state.ts, what follows from the inventories in the files beside this one.
import type { AgentBook, ConnectedAgent } from '../agents/book.ts'
import { AlarmBook } from '../alarms/book.ts'
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { PoolCpu } from '../cpu/pool.ts'
import type { KernelEvent } from '../protocol/events.ts'
import type { HostCondition } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { Sample } from '../protocol/sample.ts'
import { heldAlarms, type RaisedAlarm, type StoredAlarm } from '../store/tables/alarms.ts'
import { type Change, historyOf } from '../store/tables/history.ts'
import { allHosts, type HostRecord, hostById, hostByMac } from '../store/tables/hosts.ts'
import { type Report, type Revision, revisionsOfAll, saveInventory } from '../store/tables/inventories.ts'
import { knownMapsOfAll } from '../store/tables/multipaths.ts'
import { Announcer, type Counts } from './announcer.ts'
import { HostsByName } from './by-name.ts'
import { InventoryReader } from './inventory-reader.ts'
import { isAsBefore, isLate, type LiveHost, learn, newLiveHost, patienceWith, type StoredRevision, viewOf, wasHere } from './live-host.ts'
import { MemoryRooms } from './memory-rooms.ts'
import type { Wish } from './operator.ts'
import type { HostView, Outcome, PoolChange } from './pool-change.ts'
import type { PoolOptions } from './pool-options.ts'
import { PoolPicture } from './pool-picture.ts'
import type { StateEvent } from './state.ts'
import { WallClock } from './wall-clock.ts'
import { writeWishes } from './wish-store.ts'

/** Reads all hosts from the store. Those that were up have `lostAfter` to come back. */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { db } = options.store
  const [records, revisions, held, maps] = await Promise.all([allHosts(db), revisionsOfAll(db), heldAlarms(db), knownMapsOfAll(db)])
  return new Pool(options, records, revisions, new PoolPicture(held, maps))
}

export class Pool implements AgentBook {
  /** What is free of it, by claims. */
  readonly memory: MemoryRooms
  readonly #options: PoolOptions
  readonly #hosts = new HostsByName()
  readonly #announcer: Announcer
  readonly #picture: PoolPicture
  readonly #reader: InventoryReader
  readonly #alarms: AlarmBook
  readonly #clock: WallClock

  constructor(options: PoolOptions, records: readonly HostRecord[], revisions: ReadonlyMap<string, StoredRevision>, picture: PoolPicture) {
    this.#options = options
    const { store, now, elapsed, trouble = () => undefined } = options
    this.#announcer = new Announcer(options.log)
    this.#picture = picture
    this.memory = new MemoryRooms(store.db, this.#hosts.byId, elapsed)
    this.#reader = new InventoryReader(store.db, this.#hosts.byId, (live) => this.#picture.place(live))
    this.#alarms = new AlarmBook({ store, now, trouble, announcer: this.#announcer, conclusions: this.#picture.conclusions })
    this.#clock = new WallClock(now, elapsed)
    for (const record of records) this.#hosts.add(newLiveHost(record, revisions.get(record.id), elapsed()))
  }

  /** For who shows lists: what has not been counted since has not changed. */
  counts(): Counts {
    return this.#announcer.counts()
  }

  /** By name. A host that has not changed since the last call is the same object. */
  hosts(): readonly HostView[] {
    return this.#hosts.inOrder().map(viewOf)
  }

  /** As `hosts`: at most so many, from behind this name on, whether or not a host has it. */
  hostsBehind(name: string | undefined, most: number): readonly HostView[] {
    return this.#hosts.behind(name, most).map(viewOf)
  }

  host(id: string): HostView | undefined {
    const live = this.#hosts.get(id)
    return live && viewOf(live)
  }

  /** By id or name. */
  find(ref: string): HostView | undefined {
    const live = this.#hosts.find(ref)
    return live && viewOf(live)
  }

  /** Newest first. */
  history(id: string, limit = 1000): Promise<readonly Change[]> {
    return historyOf(this.#options.store.db, id, limit)
  }

  inventory(id: string): Promise<Inventory | undefined> {
    return this.#reader.read(id)
  }

  /** As `inventory`, of what is in memory: all of them are once the matrix has been asked for. */
  knownInventory(id: string): Inventory | undefined {
    return this.#hosts.get(id)?.inventory
  }

  /** The newest since this manager started; samples are not kept. */
  latestSample(id: string): Sample | undefined {
    return this.#hosts.get(id)?.sample
  }

  /** Of all hosts that have reported and are not rejected; it changes as they report. */
  async matrix(): Promise<ConnectivityMatrix> {
    await this.learn()
    return this.#picture.matrix
  }

  /** Of the hosts that may run guests; the same object until one of their CPUs is another. */
  async cpu(): Promise<PoolCpu> {
    await this.learn()
    return this.#picture.cpu()
  }

  /** Resolves when the inventories on disk are known: until then nothing that is wrong in the pool begins or ends. */
  async learn(): Promise<void> {
    if ((await this.#reader.readAll()) === 'all') this.#picture.conclusions.complete()
  }

  /** Resolves when nothing is read any more. */
  close(): Promise<void> {
    return this.#reader.close()
  }

  alarms(): Promise<readonly StoredAlarm[]> {
    return this.#alarms.open()
  }

  acknowledgedAlarms(): Promise<readonly StoredAlarm[]> {
    return this.#alarms.acknowledged()
  }

  clearAlarm(key: string, who: string, comment?: string): Promise<boolean> {
    return this.#alarms.clear(key, who, comment)
  }

  restateAlarm(alarm: RaisedAlarm): Promise<void> {
    return this.#alarms.restate(alarm)
  }

  /** A step of its state: approve, reject, maintain, resume, fence, release. A rejected host's certificates are revoked with it. */
  move(id: string, event: StateEvent, who: string): Promise<Outcome> {
    return this.change(id, [{ kind: 'state', event }], who)
  }

  /** All of it or, where one is refused, nothing. One of a kind. */
  async change(id: string, wishes: readonly Wish[], who: string): Promise<Outcome> {
    const live = this.#hosts.get(id)
    if (!live) return { kind: 'refused', reason: `there is no host ${id}` }
    live.writing += 1
    try {
      return await this.#write(live, wishes, who)
    } finally {
      live.writing -= 1
    }
  }

  /** Until the function that it returns is called. A listener that throws is logged, and hears on. */
  subscribe(listener: (change: PoolChange) => void): () => void {
    return this.#announcer.subscribe(listener)
  }

  /** Hosts that have been away too long are lost; what is wrong in the pool is raised, what no longer is, ends. Called every second or so. */
  async tick(): Promise<void> {
    const { elapsed, lostAfter } = this.#options
    const late = [...this.#hosts.byId.values()].filter((live) => isLate(live, elapsed(), lostAfter))
    const lose = late.map(async (live) => {
      const { goneAt, record } = live
      live.goneAt = undefined
      const cause = `no connection for ${Math.round(patienceWith(record.presence, lostAfter) / 1000)} s`
      await this.move(record.id, { kind: 'silent', cause, found: record.presence }, 'manager').catch((error: unknown) => {
        live.goneAt ??= goneAt
        throw error
      })
    })
    const text = this.#clock.jumped()
    const jumped = text === undefined ? [] : [this.alarm({ kind: 'clock-jumped', about: 'manager', text })]
    await Promise.all([...lose, ...jumped, this.#alarms.settle()])
  }

  conditionOf(host: string): HostCondition | undefined {
    return this.#hosts.get(host)?.record
  }

  wasHere(host: string): boolean {
    return wasHere(this.#hosts.get(host), this.#options.elapsed(), this.#options.lostAfter)
  }

  revisionOf(host: string): Revision | undefined {
    return this.#hosts.get(host)?.revision
  }

  async connected(host: string, { address, agent, speaks, dropped }: ConnectedAgent): Promise<void> {
    const live = this.#known(host)
    live.connection = { address, agent, speaks, since: this.#options.now(), ...(dropped.length === 0 ? {} : { dropped }) }
    live.boots = false
    const outcome = isAsBefore(live) ? undefined : await this.move(host, { kind: 'connects' }, 'agent')
    this.#show(live)
    this.#announcer.tell({ kind: 'connected', host, agent, dropped })
    const text = outcome?.kind === 'refused' ? outcome.reason : outcome?.alarm
    if (text !== undefined) await this.alarm({ kind: 'host-state', about: host, host, text })
  }

  disconnected(host: string): void {
    const live = this.#hosts.get(host)
    if (!live) return
    live.connection = undefined
    live.goneAt = live.seenAt = this.#options.elapsed()
    this.#picture.conclusions.lostClock(host)
    if (live.boots) void this.move(host, { kind: 'boots' }, 'appliance').catch(() => undefined)
    this.#show(live)
  }

  async report(host: string, report: Report): Promise<void> {
    const { store, now } = this.#options
    const live = this.#known(host)
    const at = now()
    await store.write((transaction) => saveInventory(transaction, host, at, report))
    this.#announcer.tell({ kind: 'inventory', host, sections: learn(live, report, at) })
    this.#show(live)
  }

  sample(host: string, sample: Sample): void {
    const live = this.#hosts.get(host)
    if (!live) return
    live.sample = sample
    this.#picture.conclusions.heardClock(host, live.record.name, sample.at - this.#options.now())
    this.#announcer.tell({ kind: 'sample', host, sample })
  }

  event(host: string, at: number, event: KernelEvent): void {
    this.#announcer.tell({ kind: 'event', host, at, event })
  }

  async enrolled(host: string): Promise<void> {
    const record = await hostById(this.#options.store.db, host)
    if (!record) return
    const live = this.#hosts.get(host) ?? this.#hosts.add(newLiveHost(record, undefined, this.#options.elapsed()))
    this.#hosts.take(live, record)
    live.seenAt = this.#options.elapsed()
    if (!live.connection) live.goneAt = live.seenAt
    this.#show(live)
  }

  async boots(mac: string): Promise<void> {
    const record = await hostByMac(this.#options.store.db, mac)
    const live = record && this.#hosts.get(record.id)
    // From a spare NIC of it anybody may boot: that is no boot of the host until somebody says so.
    if (!live || !record.macs.some((one) => one.boot && one.mac === mac)) return
    live.boots = live.connection !== undefined
    await this.move(record.id, { kind: 'boots' }, 'appliance')
    if (!live.connection) live.goneAt = this.#options.elapsed()
  }

  alarm(alarm: RaisedAlarm): Promise<void> {
    return this.#alarms.raise(alarm)
  }

  alarmRaised(alarm: RaisedAlarm): void {
    this.#announcer.tell({ kind: 'alarm', alarm })
  }

  async #write(live: LiveHost, wishes: readonly Wish[], who: string): Promise<Outcome> {
    const { store, now } = this.#options
    const written = await store.write((transaction) =>
      writeWishes(transaction, live.record.id, wishes, { isConnected: live.connection !== undefined, who, at: now() }),
    )
    if (written.kind === 'refused') return written
    if (written.kind === 'changed') {
      this.#hosts.take(live, written.record)
      this.#show(live)
      for (const key of written.over) await this.clearAlarm(key, who)
    }
    return {
      kind: 'done',
      host: viewOf(live),
      ...(written.kind === 'changed' && written.alarm !== undefined ? { alarm: written.alarm } : {}),
    }
  }

  #known(host: string): LiveHost {
    const live = this.#hosts.get(host)
    if (!live) throw new Error(`host ${host} is connected and not in the pool`)
    return live
  }

  #show(live: LiveHost): void {
    this.#picture.place(live)
    this.#announcer.tell({ kind: 'host', host: viewOf(live) })
  }
}
