// What hosts have found on file systems: kept in the store, shown by the API, and where one asks for a file system to be looked at.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Store } from '../store/database.ts'
import { allScans, forgetScans, type ScanRecord, saveScan } from '../store/tables/scans.ts'

/** Each is looked at every day: what nobody could look at for so long is gone, ms. */
const FORGET_AFTER = 30 * 24 * 3600_000

export interface ScanFailure {
  /** Id of the host that tried. */
  readonly host: string
  readonly at: number
  readonly reason: string
  /** It was lost in the middle of it. */
  readonly isAway?: true
}

/** `key`: of the file system. `begun`: the host looks. `unwanted`: it was wanted, and nobody had begun to look. */
export type ScanNews =
  | { readonly kind: 'wanted' | 'unwanted'; readonly key: string; readonly who: string }
  | { readonly kind: 'begun'; readonly key: string; readonly host: string }
  | { readonly kind: 'scanned'; readonly key: string }
  | { readonly kind: 'failed'; readonly key: string; readonly reason: string }

export class ScanBook {
  readonly #store: Store
  readonly #records: Map<string, ScanRecord>
  readonly #failures = new Map<string, ScanFailure>()
  readonly #news: Emitter<ScanNews>

  constructor(store: Store, records: readonly ScanRecord[], log: Log) {
    this.#news = new Emitter(log, 'news of scans')
    this.#store = store
    this.#records = new Map(records.map((record) => [record.key, record]))
  }

  all(): readonly ScanRecord[] {
    return [...this.#records.values()]
  }

  /** The last that went well. */
  of(key: string): ScanRecord | undefined {
    return this.#records.get(key)
  }

  /** Of the last try; undefined when it went well. */
  failureOf(key: string): ScanFailure | undefined {
    return this.#failures.get(key)
  }

  /** Of all whose last try did not go well, by key. */
  failures(): ReadonlyMap<string, ScanFailure> {
    return this.#failures
  }

  /** As soon as a host that reaches it is free. */
  want(key: string, who: string): void {
    this.#news.tell({ kind: 'wanted', key, who })
  }

  /** It is looked at when that is due, and not before. */
  unwant(key: string, who: string): void {
    this.#news.tell({ kind: 'unwanted', key, who })
  }

  begin(key: string, host: string): void {
    this.#news.tell({ kind: 'begun', key, host })
  }

  async keep(record: ScanRecord): Promise<void> {
    await this.#store.write(async (transaction) => {
      await saveScan(transaction, record)
      await forgetScans(transaction, record.at - FORGET_AFTER)
    })
    this.#records.set(record.key, record)
    for (const { key, at } of this.all()) if (at < record.at - FORGET_AFTER) this.#records.delete(key)
    this.#failures.delete(record.key)
    this.#news.tell({ kind: 'scanned', key: record.key })
  }

  fail(key: string, failure: ScanFailure): void {
    this.#failures.set(key, failure)
    this.#news.tell({ kind: 'failed', key, reason: failure.reason })
  }

  /** Until the function that it returns is called. */
  subscribe(listener: (news: ScanNews) => void): () => void {
    return this.#news.subscribe(listener)
  }
}

export async function openScanBook(store: Store, log: Log): Promise<ScanBook> {
  return new ScanBook(store, await allScans(store.db), log)
}
