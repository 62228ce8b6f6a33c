// Has hosts look at the file systems that they reach: which disk images lie there, and how much room there is. Who looks when is
// scan-plan.ts's to say.
import type { Asked } from '../agents/questions.ts'
import type { ConnectivityMatrix } from '../inventory/matrix.ts'
import type { PoolChange } from '../inventory/pool-change.ts'
import { SCAN_LIMIT } from '../protocol/requests/scan-file-system.ts'
import type { RequestBody } from '../protocol/requests.ts'
import type { SitePool } from './pool.ts'
import type { ScanBook, ScanFailure } from './scan-book.ts'
import { type ScanPlace, scanPlaces } from './scan-places.ts'
import { type Due, dueNow, nextTime, notScanned, type Standing, scanned, UNSCANNED, wanted } from './scan-plan.ts'

export interface ScannerDeps {
  readonly pool: Pick<SitePool, 'hosts' | 'subscribe'> & { matrix(): Promise<ConnectivityMatrix> }
  /** `limit`: milliseconds. */
  readonly request: (host: string, body: RequestBody, limit: number) => Promise<Asked>
  readonly book: Pick<ScanBook, 'all' | 'keep' | 'fail' | 'subscribe'>
  readonly now: () => number
  /** Calls once, so many milliseconds from now, unless what it returns is called before. */
  readonly after: (milliseconds: number, action: () => void) => () => void
}

/** Reports come in swarms: one look at the matrix for all of them, ms. */
const GATHER = 2000
/** A clock that jumps shall not put everything off, ms. */
const LONGEST_SLEEP = 600_000
const SECTIONS = new Set(['blockDevices', 'multipaths', 'partitions', 'fileSystems', 'iscsi', 'nfsMounts', 'guests'])

export class Scanner {
  readonly #deps: ScannerDeps
  readonly #standings: Map<string, Standing>
  readonly #running = new Map<string, string>()
  readonly #stops: readonly (() => void)[]
  /** What ends the holds of file systems at which somebody may still be looking. */
  readonly #holds = new Set<() => void>()
  #sleep: { readonly until: number; readonly cancel: () => void } | undefined
  #closed = false

  constructor(deps: ScannerDeps) {
    this.#deps = deps
    this.#standings = new Map(deps.book.all().map(({ key, at, hosts }) => [key, scanned(hosts, at)]))
    this.#stops = [
      deps.pool.subscribe((change) => {
        if (isAbout(change)) this.#lookIn(GATHER)
      }),
      deps.book.subscribe(({ kind, key }) => {
        if (kind !== 'wanted') return
        this.#standings.set(key, wanted(this.#standingOf(key)))
        this.#lookIn(0)
      }),
    ]
    this.#lookIn(GATHER)
  }

  close(): void {
    this.#closed = true
    for (const stop of [...this.#stops, ...this.#holds]) stop()
    this.#sleep?.cancel()
  }

  #standingOf(key: string): Standing {
    return this.#standings.get(key) ?? UNSCANNED
  }

  /** Earlier, where it is to look earlier already. */
  #lookIn(milliseconds: number): void {
    const until = this.#deps.now() + milliseconds
    if (this.#closed || (this.#sleep && this.#sleep.until <= until)) return
    this.#sleep?.cancel()
    const cancel = this.#deps.after(milliseconds, () => {
      this.#sleep = undefined
      void this.#look()
    })
    this.#sleep = { until, cancel }
  }

  async #look(): Promise<void> {
    const places = scanPlaces(await this.#deps.pool.matrix())
    if (this.#closed) return
    const up = this.#deps.pool.hosts().filter(({ state, connection }) => state === 'up' && connection)
    const pool = { places, able: new Set(up.map(({ id }) => id)), running: this.#running, now: this.#deps.now() }
    const next = nextTime(this.#standings, pool)
    for (const due of dueNow(this.#standings, pool)) {
      const place = places.find(({ key }) => key === due.key)
      if (place) void this.#scan(due, place)
    }
    if (next !== undefined) this.#lookIn(Math.min(LONGEST_SLEEP, next - pool.now))
  }

  async #scan({ key, host }: Due, { fileSystem, hosts }: ScanPlace): Promise<void> {
    const { request, book, now } = this.#deps
    this.#running.set(key, host)
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
      if (failure === undefined) this.#standings.set(key, scanned(hosts, record.at))
      else this.#failed(key, { host, reason: failure })
    } else {
      const isAway = asked.kind === 'refused' && asked.cause === 'absent'
      this.#failed(key, { host, reason: reasonOf(asked), ...(isAway ? { isAway } : {}) })
      // Its agent may go on without a connection.
      if (isAway) return this.#hold(key, SCAN_LIMIT - (now() - began))
    }
    this.#release(key)
  }

  #failed(key: string, failure: Omit<ScanFailure, 'at'>): void {
    const { book, now } = this.#deps
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
    this.#lookIn(0)
  }
}

function isAbout(change: PoolChange): boolean {
  if (change.kind === 'inventory') return change.sections.some((section) => SECTIONS.has(section))
  return change.kind === 'connected' || change.kind === 'host'
}

function reasonOf(asked: Asked): string {
  if (asked.kind === 'refused') return asked.reason
  return asked.answer.kind === 'refused' ? asked.answer.reason : `its agent gave an answer to something else: ${asked.answer.kind}`
}
