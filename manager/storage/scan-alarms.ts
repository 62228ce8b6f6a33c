// File systems that no host has been able to look at: an alarm from the failure until a look goes well, or until there is nothing to
// look at any more, by reports that were read.
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { PoolChange } from '../hosts/pool-change.ts'
import type { SectionName } from '../protocol/inventory.ts'
import { unreadOf } from '../protocol/unread.ts'
import type { StoredAlarm } from '../store/tables/alarms.ts'
import type { ScanBook, ScanFailure } from './scan-book.ts'
import { heldIn, scanPlace } from './scan-places.ts'

export interface ScanAlarmsDeps {
  readonly pool: Pick<KnownPool, 'host' | 'subscribe' | 'alarm' | 'clearAlarm'> & {
    matrix(): Promise<ConnectivityMatrix>
    alarms(): Promise<readonly StoredAlarm[]>
  }
  readonly book: Pick<ScanBook, 'failureOf' | 'subscribe'>
  /** Calls once, so many milliseconds from now, unless what it returns is called before. */
  readonly after: (milliseconds: number, action: () => void) => () => void
  readonly onError: (error: unknown) => void
}

interface Open {
  /** As it was said last; undefined: by the manager before this one. */
  reason: string | undefined
  /** Ids of the hosts that reach it, and of those that did when they could last be read. */
  hosts: readonly string[]
}

const KIND = 'scan-failed'
/** Reports come in swarms: one look at the matrix for all of them, ms. */
const GATHER = 2000
/** File systems that are looked at before others have a turn. */
const AT_ONCE = 20
/** What a file system is seen by, and what takes it out of those to be looked at: a guest that has it. */
const SECTIONS: readonly SectionName[] = [
  ...(['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'iscsi', 'nfsMounts', 'guests'] as const),
]

export class ScanAlarms {
  readonly #deps: ScanAlarmsDeps
  readonly #stops: readonly (() => void)[]
  /** By key of the thing. */
  readonly #open = new Map<string, Open>()
  #working: Promise<void>
  #cancel: (() => void) | undefined
  #closed = false

  constructor(deps: ScanAlarmsDeps) {
    this.#deps = deps
    this.#working = this.#recall().catch(deps.onError)
    this.#stops = [
      deps.book.subscribe(({ kind, key }) => {
        if (kind === 'failed') this.#later(() => this.#failed(key))
        if (kind === 'scanned') this.#later(() => this.#end(key))
      }),
      deps.pool.subscribe((change) => {
        if (this.#open.size > 0 && isAbout(change)) this.#lookSoon()
      }),
    ]
  }

  /** Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#closed = true
    for (const stop of this.#stops) stop()
    this.#cancel?.()
    await this.#working
  }

  /** One after the other: what is raised and what ends of one file system stay in their order. */
  #later(action: () => Promise<void>): void {
    this.#working = this.#working.then(() => (this.#closed ? undefined : action())).catch(this.#deps.onError)
  }

  #lookSoon(): void {
    this.#cancel ??= this.#deps.after(GATHER, () => {
      this.#cancel = undefined
      this.#later(() => this.#look())
    })
  }

  /** What the manager before this one has said. */
  async #recall(): Promise<void> {
    for (const { key, kind, host } of await this.#deps.pool.alarms()) {
      if (kind === KIND) this.#open.set(key.slice(KIND.length + 1), { reason: undefined, hosts: host === null ? [] : [host] })
    }
    if (this.#open.size > 0) this.#lookSoon()
  }

  async #failed(key: string): Promise<void> {
    const { pool, book } = this.#deps
    const failure = book.failureOf(key)
    const before = this.#open.get(key)
    // A host that boots in the middle of it is no fault of the file system's: another has its turn.
    if (!failure || (failure.isAway && !before) || before?.reason === failure.reason) return
    const place = scanPlace(await pool.matrix(), key)
    this.#open.set(key, { reason: failure.reason, hosts: place?.hosts ?? [failure.host] })
    await pool.alarm({ kind: KIND, about: key, host: failure.host, text: this.#text(key, failure) })
  }

  #text(key: string, { host, reason }: ScanFailure): string {
    const name = this.#deps.pool.host(host)?.name ?? host
    return `${key} could not be looked at by ${name}: ${reason}. What lies on it is not known. It is tried again by itself; see to the file system (hostless storage show ${key})`
  }

  async #look(): Promise<void> {
    const matrix = await this.#deps.pool.matrix()
    const isUnread = (id: string): boolean => {
      const inventory = matrix.inventoryOf(id)
      return inventory !== undefined && unreadOf(inventory, SECTIONS).length > 0
    }
    const held = heldIn(matrix)
    for (const [index, [key, open]] of [...this.#open].entries()) {
      if (index % AT_ONCE === AT_ONCE - 1) await this.#breath()
      const place = scanPlace(matrix, key, held)
      open.hosts = [...new Set([...(place?.hosts ?? []), ...open.hosts.filter(isUnread)])]
      if (!place && open.hosts.length === 0) await this.#end(key)
    }
  }

  /** Whoever else has something to do does it. */
  #breath(): Promise<void> {
    return new Promise((resolve) => this.#deps.after(0, resolve))
  }

  async #end(key: string): Promise<void> {
    if (!this.#open.has(key)) return
    await this.#deps.pool.clearAlarm(`${KIND} ${key}`, 'manager')
    this.#open.delete(key)
  }
}

function isAbout(change: PoolChange): boolean {
  if (change.kind === 'inventory') return change.sections.some((section) => SECTIONS.includes(section))
  return change.kind === 'host'
}
