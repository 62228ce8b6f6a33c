// Lets VGs remember the guests that lie in them: what is missing there or old is written again, as of guests that an older hostless made, or
// that were changed while their host was away. Guests that hosts have and this database does not know are told: it may be one that was lost.

import type { Asked } from '../agents/questions.ts'
import { holdingsOf } from '../guests/holdings.ts'
import { isSame } from '../guests/remembered.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Networks } from '../networks/service.ts'
import { readDiskTags, type VgRef } from '../protocol/guest-disk.ts'
import { isAnswering } from '../protocol/host.ts'
import type { Inventory } from '../protocol/inventory.ts'
import type { RequestBody } from '../protocol/requests.ts'
import type { Store } from '../store/database.ts'
import type { StoredAlarm } from '../store/tables/alarms.ts'
import { guestsAmong } from '../store/tables/guests.ts'
import { sayNames } from '../wording.ts'
import { type Attempt, Attempts, type AttemptsDeps } from './attempts.ts'
import type { About, Task, Wake } from './driver.ts'
import { type Locks, sharedAmong } from './shared-left.ts'
import { digestOf, homeOf, type ToKeep, toKeepOn, type WantedDeps } from './wanted-records.ts'

export interface RecordTaskDeps extends Omit<AttemptsDeps, 'act'> {
  readonly pool: KnownPool & {
    knownInventory(host: string): Inventory | undefined
    alarms(): Promise<readonly Pick<StoredAlarm, 'kind' | 'host' | 'text'>[]>
  }
  readonly store: Pick<Store, 'db'>
  readonly networks: Pick<Networks, 'list'>
  readonly locks: Locks
  readonly request: (host: string, body: RequestBody) => Promise<Asked>
  readonly now: () => number
  readonly epoch: number
}

/** Milliseconds that reports of a host wait for each other. */
const TOGETHER = 2000
const KIND = 'unknown-guests'
const OF_HOSTS = ['guests', 'vgs', 'lvs'] as const

export class RecordTask implements Task {
  readonly name = 'records'
  readonly what = 'lets VGs remember the guests that lie in them, and tells of guests on hosts that nobody knows'
  readonly period = 600_000
  readonly #deps: RecordTaskDeps
  readonly #attempts: Attempts
  /** What is so already, by host and VG: of which connection and of which records. */
  readonly #checked = new Map<string, string>()
  readonly #failed = new Map<string, string>()
  /** Names of guests that a VG remembers and this database does not know. */
  readonly #strangers = new Map<string, readonly string[]>()
  /** Alarms by host, as they stand. */
  readonly #said = new Map<string, string>()
  /** Those of the manager before are in it. */
  #isRead = false

  constructor(deps: RecordTaskDeps) {
    this.#deps = deps
    this.#attempts = new Attempts({ ...deps, act: (key) => this.#act(key) })
  }

  watches(wake: Wake): () => void {
    return this.#deps.pool.subscribe((change) => {
      if (change.kind === 'host' && change.host.connection) wake(TOGETHER, change.host.id)
      if (change.kind === 'inventory' && change.sections.some((section) => OF_HOSTS.some((one) => one === section)))
        wake(TOGETHER, change.host)
    })
  }

  async step(about: About): Promise<undefined> {
    const { pool } = this.#deps
    if (about === 'all') this.#checked.clear()
    await this.#readSaid()
    const deps = await this.#wanting()
    const hosts = about === 'all' ? pool.hosts() : [...about].flatMap((id) => pool.host(id) ?? [])
    for (const host of hosts) {
      const inventory = pool.knownInventory(host.id)
      if (!inventory) continue
      if (isAskable(host))
        for (const one of await toKeepOn(deps, host.id, inventory)) {
          const circumstances = circumstancesOf(host, one)
          if (this.#checked.get(one.key) !== circumstances) this.#attempts.want(one.key, circumstances)
        }
      await this.#tell(host, inventory)
    }
  }

  waitsFor(): readonly string[] {
    return [...this.#failed.values()]
  }

  close(): void {
    this.#attempts.close()
  }

  async #readSaid(): Promise<void> {
    if (this.#isRead) return
    for (const { kind, host, text } of await this.#deps.pool.alarms()) if (kind === KIND && host !== null) this.#said.set(host, text)
    this.#isRead = true
  }

  async #wanting(): Promise<WantedDeps> {
    const { store, networks, pool, now, epoch } = this.#deps
    const hostName = (id: string) => pool.host(id)?.name ?? ''
    return { db: store.db, networks: await networks.list(), hostName, now: now(), epoch }
  }

  async #act(key: string): Promise<Attempt> {
    const { pool } = this.#deps
    const [id = ''] = key.split(' ')
    const [host, inventory, deps] = [pool.host(id), pool.knownInventory(id), await this.#wanting()]
    const one = inventory && (await toKeepOn(deps, id, inventory)).find((each) => each.key === key)
    if (!host || !one || !isAskable(host)) return this.#done(key)
    const why = await this.#see(host, one, deps)
    await this.#tell(host, inventory)
    if (why === undefined) {
      this.#checked.set(key, circumstancesOf(host, one))
      return this.#done(key)
    }
    if (why === 'absent') return this.#done(key)
    this.#failed.set(key, `${host.name}: VG ${one.vg.name}: ${why}`)
    return 'again'
  }

  #done(key: string): Attempt {
    this.#failed.delete(key)
    return 'done'
  }

  /** Undefined when the VG remembers what it is to; otherwise why not. */
  async #see(host: HostView, { key, vg, records }: ToKeep, deps: WantedDeps): Promise<string | undefined> {
    const { pool } = this.#deps
    const read = await this.#ask(host.id, { kind: 'read-guests', vg })
    if (typeof read === 'string') return read
    if (read.kind !== 'guests-read') return `its agent gave an answer to something else: ${read.kind}`
    const ids = read.records.map(({ guest }) => guest)
    const [known, held] = [await guestsAmong(deps.db, ids), await holdingsOf(deps.db)]
    const strangers = read.records.filter(({ guest }) => !known.has(guest))
    this.#strangers.set(
      key,
      strangers.map(({ name }) => `${name} (VG ${vg.name} remembers it)`),
    )
    const missing = records.filter((record) => !read.records.some((there) => there.guest === record.guest && isSame(there, record)))
    const inventories = pool.hosts().map(({ id }) => pool.knownInventory(id))
    // What of other guests is remembered there is seen to by the host that they lie on.
    if ((await sharedAmong(new Set([vg.uuid]), inventories)).has(vg.uuid))
      return missing.length === 0 ? undefined : this.#alone(host, vg, () => this.#keep(host, vg, missing, held))
    const why = await this.#keep(host, vg, missing, held)
    if (why !== undefined) return why
    for (const { guest, name } of read.records) {
      if (!known.has(guest) || held.has(guest) || records.some((record) => record.guest === guest)) continue
      // Of a guest that another VG remembers, as it is to; before that this is all that there is of it.
      const home = await homeOf(deps, guest)
      // In a VG of several hosts it is remembered for whichever of them has it.
      if (!home || home.vg.uuid === vg.uuid || !this.#checked.has(home.key)) continue
      const forgotten = await this.#ask(host.id, { kind: 'forget-guest', vg, guest })
      if (typeof forgotten === 'string') return `${name}, which lies elsewhere, is not forgotten: ${forgotten}`
    }
    return undefined
  }

  async #keep(host: HostView, vg: VgRef, missing: ToKeep['records'], held: ReadonlyMap<string, unknown>): Promise<string | undefined> {
    for (const record of missing) {
      if (held.has(record.guest)) return `${record.name} is changed just now`
      const kept = await this.#ask(host.id, { kind: 'keep-guest', vg, record })
      if (typeof kept === 'string') return `${record.name} is not remembered: ${kept}`
    }
    return undefined
  }

  /** Two hosts would write to one area: none of the others does meanwhile. */
  async #alone(host: HostView, { name, uuid }: VgRef, act: () => Promise<string | undefined>): Promise<string | undefined> {
    const lock = { key: `vg ${uuid}`, name: `VG ${name}`, access: 'exclusive' } as const
    const taken = await this.#deps.locks.take(lock, { task: this.name, title: `write down in ${name} what ${host.name} has` })
    if (taken.kind === 'held') return taken.reason
    try {
      return await act()
    } finally {
      taken.release()
    }
  }

  /** Or why there is no answer; `absent`: it comes again when its agent does. */
  async #ask(host: string, body: RequestBody) {
    const asked = await this.#deps.request(host, body)
    if (asked.kind === 'refused') return asked.cause === 'absent' ? 'absent' : asked.reason
    return asked.answer.kind === 'refused' ? asked.answer.reason : asked.answer
  }

  async #tell({ id, name }: HostView, { guests, lvs }: Inventory): Promise<void> {
    const { pool, store } = this.#deps
    const owners = new Set(lvs.flatMap(({ tags }) => readDiskTags(tags)?.guest ?? []))
    const ours = guests.filter(({ uuid }) => owners.has(uuid))
    const known = await guestsAmong(
      store.db,
      ours.map(({ uuid }) => uuid),
    )
    const runs = ours.filter(({ uuid }) => !known.has(uuid))
    const remembered = [...this.#strangers].flatMap(([key, names]) => (key.startsWith(`${id} `) ? names : []))
    const running = runs.map((one) => `${one.name} (it runs)`)
    const others = remembered.filter((one) => !runs.some((each) => one.startsWith(`${each.name} (`)))
    const key = `${KIND} ${id}`
    if (running.length + others.length === 0) {
      if (this.#said.delete(id)) await pool.clearAlarm(key, 'manager')
      return
    }
    const text = `${name} has guests that this manager does not know: ${sayNames([...running, ...others])}. Was its database lost? hostless manager rebuild --dry-run says what can be made again`
    if (this.#said.get(id) === text) return
    this.#said.set(id, text)
    await pool.alarm({ kind: KIND, about: id, host: id, text })
  }
}

function isAskable(host: HostView): boolean {
  return host.connection !== undefined && isAnswering(host)
}

function circumstancesOf({ connection }: HostView, one: ToKeep): string {
  return `${connection?.since} ${digestOf(one)}`
}
