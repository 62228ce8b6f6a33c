// File systems that no host has been able to look at: an alarm from the failure until a look goes well, or until there is nothing to
// look at any more, by reports that were read.
import { Turns } from '../../appliance/wire/turns.ts'
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { PoolChange } from '../hosts/pool-change.ts'
import type { SectionName } from '../protocol/inventory.ts'
import { unreadOf } from '../protocol/unread.ts'
import type { ScanBook, ScanFailure } from '../storage/scan-book.ts'
import { heldIn, scanPlace } from '../storage/scan-places.ts'
import type { StoredAlarm } from '../store/tables/alarms.ts'
import type { Task, Wake } from './driver.ts'

export interface ScanAlarmTaskDeps {
  readonly pool: Pick<KnownPool, 'host' | 'subscribe' | 'alarm' | 'clearAlarm'> & {
    matrix(): Promise<ConnectivityMatrix>
    alarms(): Promise<readonly StoredAlarm[]>
  }
  readonly book: Pick<ScanBook, 'of' | 'failures' | 'subscribe'>
}

interface Open {
  /** As it was said last; undefined: by the manager before this one. */
  readonly reason: string | undefined
  /** Ends with a look that went well since then; milliseconds since the epoch. */
  readonly at: number
  /** Ids of the hosts that reach it, and of those that did when they could last be read. */
  readonly hosts: readonly string[]
}

const KIND = 'scan-failed'
/** Reports come in swarms: one look at the matrix for all of them, ms. */
const GATHER = 2000
/** What a file system is seen by, and what takes it out of those to be looked at: a guest that has it. */
const SECTIONS: readonly SectionName[] = [
  ...(['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'pvs', 'vgs', 'lvs', 'iscsi', 'nfsMounts', 'guests'] as const),
]

export class ScanAlarmTask implements Task {
  readonly name = 'scan-alarms'
  readonly what = 'holds an alarm for each file system that no host has been able to look at'
  readonly period = 600_000
  readonly #deps: ScanAlarmTaskDeps
  /** By key of the thing; undefined: what the manager before this one has said is not read yet. */
  #open: Map<string, Open> | undefined

  constructor(deps: ScanAlarmTaskDeps) {
    this.#deps = deps
  }

  watches(wake: Wake): () => void {
    const ends = [
      this.#deps.book.subscribe(({ kind }) => {
        if (kind === 'failed' || kind === 'scanned') wake(0)
      }),
      this.#deps.pool.subscribe((change) => {
        if (this.#open?.size !== 0 && isAbout(change)) wake(GATHER)
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  async step(): Promise<undefined> {
    const { pool, book } = this.#deps
    this.#open ??= await this.#recalled()
    const open = this.#open
    const failures = book.failures()
    for (const [key, { at }] of [...open])
      if (!failures.has(key) && (book.of(key)?.at ?? Number.NEGATIVE_INFINITY) >= at) await this.#end(open, key)
    // A host that boots in the middle of it is no fault of the file system's: another has its turn.
    const fresh = [...failures].filter(([key, { isAway, reason }]) => (open.has(key) || !isAway) && open.get(key)?.reason !== reason)
    if (fresh.length === 0 && open.size === 0) return
    const matrix = await pool.matrix()
    const held = await heldIn(matrix)
    for (const [key, failure] of fresh) {
      await pool.alarm({ kind: KIND, about: key, host: failure.host, text: this.#text(key, failure) })
      open.set(key, { reason: failure.reason, at: failure.at, hosts: scanPlace(matrix, key, held)?.hosts ?? [failure.host] })
    }
    const isUnread = (id: string): boolean => {
      const inventory = matrix.inventoryOf(id)
      return inventory !== undefined && unreadOf(inventory, SECTIONS).length > 0
    }
    const turns = new Turns()
    for (const [key, one] of [...open]) {
      if (turns.isOver()) await turns.next()
      const place = scanPlace(matrix, key, held)
      const hosts = [...new Set([...(place?.hosts ?? []), ...one.hosts.filter(isUnread)])]
      if (!place && hosts.length === 0) await this.#end(open, key)
      else open.set(key, { ...one, hosts })
    }
  }

  waitsFor(): readonly string[] {
    return [...(this.#open ?? [])].map(
      ([key, { reason }]) => `${key}: ${reason ?? 'it could not be looked at before this manager started'}`,
    )
  }

  close(): void {}

  async #recalled(): Promise<Map<string, Open>> {
    const alarms = (await this.#deps.pool.alarms()).filter(({ kind }) => kind === KIND)
    return new Map(
      alarms.map(({ key, host, last }) => [
        key.slice(KIND.length + 1),
        { reason: undefined, at: last, hosts: host === null ? [] : [host] },
      ]),
    )
  }

  #text(key: string, { host, reason }: ScanFailure): string {
    const name = this.#deps.pool.host(host)?.name ?? host
    return `${key} could not be looked at by ${name}: ${reason}. What lies on it is not known. It is tried again by itself; see to the file system (hostless storage show ${key})`
  }

  async #end(open: Map<string, Open>, key: string): Promise<void> {
    await this.#deps.pool.clearAlarm(`${KIND} ${key}`, 'manager')
    open.delete(key)
  }
}

function isAbout(change: PoolChange): boolean {
  if (change.kind === 'inventory') return change.sections.some((section) => SECTIONS.includes(section))
  return change.kind === 'host'
}
