// The iSCSI connections that an admin wants on hosts: kept in the store, with what does not work of them. Who brings hosts to them is
// reconcile/connections.ts; which host lacks what is wanted.ts's to say. `who` is the user's name.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { Done } from '../outcome.ts'
import { type Chap, chap as chapSchema, portal as portalSchema } from '../protocol/requests/iscsi.ts'
import { iscsiName } from '../protocol/values.ts'
import type { Store } from '../store/database.ts'
import type { Sealer } from '../store/keys/sealing.ts'
import { hostsOf, type StoredAlarm } from '../store/tables/alarms.ts'
import { addConnection, allConnections, type ConnectionRecord, endConnection, removeConnection } from '../store/tables/connections.ts'
import { keyOf, type Progress, progressOf } from './connection-progress.ts'

/** `portal`: an address, and a port where it is not 3260. */
export interface NewConnection {
  readonly portal: string
  readonly target?: string | undefined
  readonly groups: readonly string[]
  readonly chap?: Chap | undefined
}

/** As a person sees it: without its password. */
export interface SiteConnection {
  readonly id: string
  readonly kind: 'iscsi'
  readonly portal: string
  readonly target?: string
  readonly groups: string[]
  readonly user?: string
  readonly created: number
  readonly by: string
  readonly ending: boolean
  readonly hosts: (Progress & { readonly host: string; readonly name: string })[]
}

export interface ConnectionsDeps {
  readonly store: Store
  readonly sealer: Sealer
  readonly pool: Pick<KnownPool, 'hosts' | 'inventory'> & { alarms(): Promise<readonly StoredAlarm[]> }
  readonly now: () => number
  readonly newId: () => string
  readonly log: Log
}

const GROUP = /^[a-z0-9][a-z0-9_.-]{0,62}$/
const MOST_CONNECTIONS = 256
const FAILED = 'connection-failed'
const BEFORE = 'it had failed when the manager was last stopped'

export async function openConnections(deps: ConnectionsDeps): Promise<Connections> {
  const [records, alarms] = [await allConnections(deps.store.db), await deps.pool.alarms()]
  const failures = alarms
    .filter(({ kind }) => kind === FAILED)
    .flatMap((alarm) => hostsOf(alarm).map((host) => [keyOf(alarm.key.slice(`${FAILED} `.length), host), BEFORE] as const))
  return new Connections(deps, records, new Map(failures))
}

export class Connections {
  readonly #deps: ConnectionsDeps
  readonly #changed: Emitter
  /** By connection and host, as the manager before this one left them: they are tried again, whatever sessions there are. */
  readonly #failures: Map<string, string>
  #records: readonly ConnectionRecord[]

  constructor(deps: ConnectionsDeps, records: readonly ConnectionRecord[], failures: Map<string, string>) {
    this.#deps = deps
    this.#records = records
    this.#failures = failures
    this.#changed = new Emitter(deps.log, 'wanted connections')
  }

  // ---- for people ----

  /** Oldest first; also those that are being taken away, until no host has a session. */
  list(): Promise<readonly SiteConnection[]> {
    return Promise.all(this.#records.map((record) => this.#show(record)))
  }

  async connect(wish: NewConnection, who: string): Promise<Done<SiteConnection>> {
    const checked = check(wish)
    if (checked.kind === 'refused') return checked
    const { portal, target, groups } = checked
    const same = this.#records.find((one) => one.portal === portal && one.target === target && !one.ending)
    if (same)
      return refused(`hosts connect to ${target ?? 'all targets'} at ${portal} already (connection ${same.id}): take that away first`)
    if (this.#records.length >= MOST_CONNECTIONS) return refused(`there are ${MOST_CONNECTIONS} connections already`)
    const id = this.#deps.newId()
    const chap = wish.chap && { user: wish.chap.user, sealed: this.#deps.sealer.seal(id, wish.chap.password) }
    const record: ConnectionRecord = { id, portal, target, groups, chap, created: this.#deps.now(), by: who, ending: false }
    await this.#deps.store.write((transaction) => addConnection(transaction, record))
    this.#set([...this.#records, record])
    return { kind: 'done', value: await this.#show(record) }
  }

  async disconnect(id: string): Promise<Done<SiteConnection>> {
    const record = this.#find(id)
    if (!record) return { kind: 'missing', reason: `there is no connection ${id}: hostless storage connections lists them` }
    const ending = { ...record, ending: true }
    await this.#deps.store.write((transaction) => endConnection(transaction, id))
    this.#set(this.#records.map((one) => (one.id === id ? ending : one)))
    return { kind: 'done', value: await this.#show(ending) }
  }

  // ---- for who pursues them ----

  wanted(): readonly ConnectionRecord[] {
    return this.#records
  }

  chapOf(id: string): Chap | undefined {
    const chap = this.#find(id)?.chap
    return chap && { user: chap.user, password: this.#deps.sealer.open(id, chap.sealed) }
  }

  /** Why, by connection and host. */
  failures(): ReadonlyMap<string, string> {
    return this.#failures
  }

  /** False when that is known. */
  fail(connection: string, host: string, why: string): boolean {
    const key = keyOf(connection, host)
    if (this.#failures.get(key) === why) return false
    this.#failures.set(key, why)
    return true
  }

  /** False when nothing had failed. */
  work(key: string): boolean {
    return this.#failures.delete(key)
  }

  /** No host has a session of it any more. */
  async gone(id: string): Promise<void> {
    await this.#deps.store.write((transaction) => removeConnection(transaction, id))
    this.#set(this.#records.filter((one) => one.id !== id))
  }

  /** Of others that are wanted, or wanted no more; until the function that it returns is called. */
  subscribe(listener: () => void): () => void {
    return this.#changed.subscribe(listener)
  }

  // ---- inside ----

  #find(id: string): ConnectionRecord | undefined {
    return this.#records.find((one) => one.id === id)
  }

  #set(records: readonly ConnectionRecord[]): void {
    this.#records = records
    this.#changed.tell()
  }

  async #show(record: ConnectionRecord): Promise<SiteConnection> {
    const { id, portal, target, groups, chap, created, by, ending } = record
    const { pool } = this.#deps
    const hosts = await Promise.all(
      pool.hosts().map(async (host) => {
        const progress = progressOf(record, host, await pool.inventory(host.id), this.#failures.get(keyOf(id, host.id)))
        return progress ? [{ host: host.id, name: host.name, ...progress }] : []
      }),
    )
    return {
      ...{ id, kind: 'iscsi', portal, groups: [...groups], created, by, ending, hosts: hosts.flat() },
      ...(target === undefined ? {} : { target }),
      ...(chap ? { user: chap.user } : {}),
    }
  }
}

type Checked =
  | { readonly kind: 'connection'; readonly portal: string; readonly target: string | undefined; readonly groups: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string }

function check({ portal, target, groups, chap }: NewConnection): Checked {
  const whole = portalSchema.safeParse(/:\d+$/.test(portal.replace(/^\[[^\]]*\]/, '')) ? portal : `${portal}:3260`)
  if (!whole.success)
    return refused(
      `a portal is an IP address with or without a port, as 10.77.0.1:3260 or [fd00::1]:3260; this one ${whole.error.issues[0]?.message}`,
    )
  const name = iscsiName.optional().safeParse(target?.toLowerCase())
  if (!name.success) return refused('a target has a name that begins with iqn., eui. or naa.')
  const wrong = groups.find((group) => !GROUP.test(group))
  if (wrong !== undefined) return refused('groups are named with 1 to 63 of a-z 0-9 _ . -')
  if (chap && !chapSchema.safeParse(chap).success) return refused('CHAP user and password are printable ASCII without blanks')
  return { kind: 'connection', portal: whole.data, target: name.data, groups: [...new Set(groups)].sort() }
}

function refused(reason: string): { readonly kind: 'refused'; readonly reason: string } {
  return { kind: 'refused', reason }
}
