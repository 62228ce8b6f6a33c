// Has hosts look at the file systems that they reach: which disk images lie there, and how much room there is. Who looks when is
// scan-plan.ts's to say.

import type { After } from '../../appliance/wire/timers.ts'
import type { Asked } from '../agents/questions.ts'
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { KnownPool } from '../hosts/known-pool.ts'
import type { HostView, PoolChange } from '../hosts/pool-change.ts'
import { isInService } from '../protocol/host.ts'
import { SCAN_LIMIT } from '../protocol/requests/scan-file-system.ts'
import type { RequestBody } from '../protocol/requests.ts'
import type { ScanBook, ScanFailure } from '../storage/scan-book.ts'
import { type ScanPlace, scanPlaces } from '../storage/scan-places.ts'
import { type Due, dueNow, nextTime, notScanned, type Standing, scanned, UNSCANNED, unwanted, wanted } from '../storage/scan-plan.ts'
import type { Task, Wake } from './driver.ts'

export interface ScanTaskDeps {
  readonly pool: Pick<KnownPool, 'hosts' | 'subscribe'> & { matrix(): Promise<ConnectivityMatrix> }
  /** `limit`: milliseconds. */
  readonly request: (host: string, body: RequestBody, limit: number) => Promise<Asked>
  readonly book: Pick<ScanBook, 'all' | 'begin' | 'keep' | 'fail' | 'subscribe'>
  readonly now: () => number
  readonly after: After
}

/** Reports come in swarms: one look at the matrix for all of them, ms. */
const GATHER = 2000
const SECTIONS = new Set(['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'iscsi', 'nfsMounts', 'guests'])

export class ScanTask implements Task {
  readonly name = 'scans'
  readonly what = 'has hosts look at the file systems that they reach'
  readonly period = 600_000
  readonly #deps: ScanTaskDeps
  readonly #standings: Map<string, Standing>
  readonly #running = new Map<string, string>()
  /** What ends the holds of file systems at which somebody may still be looking. */
  readonly #holds = new Set<() => void>()
  readonly #failures = new Map<string, string>()
  /** Of each host whether it could look, as it was last heard of. */
  readonly #able = new Map<string, boolean>()
  #wake: Wake = () => undefined
  #closed = false

  constructor(deps: ScanTaskDeps) {
    this.#deps = deps
    this.#standings = new Map(deps.book.all().map(({ key, at, hosts }) => [key, scanned(hosts, at)]))
  }

  watches(wake: Wake): () => void {
    this.#wake = wake
    const ends = [
      this.#deps.pool.subscribe((change) => {
        if (this.#isAbout(change)) wake(GATHER)
      }),
      this.#deps.book.subscribe(({ kind, key }) => {
        if (kind !== 'wanted' && kind !== 'unwanted') return
        this.#standings.set(key, (kind === 'wanted' ? wanted : unwanted)(this.#standingOf(key)))
        if (kind === 'wanted') wake(0)
      }),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  async step(): Promise<number | undefined> {
    const places = scanPlaces(await this.#deps.pool.matrix())
    if (this.#closed) return undefined
    for (const key of [...this.#failures.keys()]) if (!places.some((place) => place.key === key)) this.#failures.delete(key)
    const up = this.#deps.pool.hosts().filter(isAble)
    const pool = { places, able: new Set(up.map(({ id }) => id)), running: this.#running, now: this.#deps.now() }
    const next = nextTime(this.#standings, pool)
    for (const due of dueNow(this.#standings, pool)) {
      const place = places.find(({ key }) => key === due.key)
      if (place) void this.#scan(due, place)
    }
    return next === undefined ? undefined : next - pool.now
  }

  waitsFor(): readonly string[] {
    const looking = [...this.#running.keys()].filter((key) => !this.#failures.has(key)).map((key) => `${key}: a host looks at it`)
    return [...[...this.#failures].map(([key, why]) => `${key}: ${why}`), ...looking]
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#holds) stop()
  }

  /** Each report is told as a change of its host, too: of ten thousand one always comes. */
  #isAbout(change: PoolChange): boolean {
    if (change.kind === 'inventory') return change.sections.some((section) => SECTIONS.has(section))
    if (change.kind !== 'host') return change.kind === 'connected'
    const [{ id }, able] = [change.host, isAble(change.host)]
    const isOther = this.#able.get(id) !== able
    this.#able.set(id, able)
    return isOther
  }

  #standingOf(key: string): Standing {
    return this.#standings.get(key) ?? UNSCANNED
  }

  async #scan({ key, host }: Due, { fileSystem, hosts }: ScanPlace): Promise<void> {
    const { request, book, now } = this.#deps
    this.#running.set(key, host)
    book.begin(key, host)
    const began = now()
    const asked = await request(host, { kind: 'scan-file-system', fileSystem }, SCAN_LIMIT)
    if (this.#closed) return
    if (asked.kind === 'answered' && asked.answer.kind === 'file-system-scanned') {
      const { sizeBytes, freeBytes, images, leftOut } = asked.answer
      const record = { key, host, at: now(), hosts: [...hosts], sizeBytes, freeBytes, images, leftOut }
      const failure = await book.keep(record).then(
        () => undefined,
        () => 'what it found could not be written to the store',
      )
      if (failure === undefined) this.#worked(key, scanned(hosts, record.at))
      else this.#failed(key, { host, reason: failure })
    } else {
      const isAway = asked.kind === 'refused' && asked.cause === 'absent'
      this.#failed(key, { host, reason: reasonOf(asked), ...(isAway ? { isAway } : {}) })
      // Its agent may go on without a connection.
      if (isAway) return this.#hold(key, SCAN_LIMIT - (now() - began))
    }
    this.#release(key)
  }

  #worked(key: string, standing: Standing): void {
    this.#standings.set(key, standing)
    this.#failures.delete(key)
  }

  #failed(key: string, failure: Omit<ScanFailure, 'at'>): void {
    const { book, now } = this.#deps
    this.#failures.set(key, failure.reason)
    this.#standings.set(key, notScanned(this.#standingOf(key), failure.host, now()))
    book.fail(key, { ...failure, at: now() })
  }

  #hold(key: string, milliseconds: number): void {
    const cancel = this.#deps.after(Math.max(0, Math.min(SCAN_LIMIT, milliseconds)), () => {
      this.#holds.delete(cancel)
      this.#release(key)
    })
    this.#holds.add(cancel)
  }

  #release(key: string): void {
    this.#running.delete(key)
    this.#wake(0)
  }
}

function reasonOf(asked: Asked): string {
  if (asked.kind === 'refused') return asked.reason
  return asked.answer.kind === 'refused' ? asked.answer.reason : `its agent gave an answer to something else: ${asked.answer.kind}`
}

function isAble(host: HostView): boolean {
  return isInService(host) && host.connection !== undefined
}
