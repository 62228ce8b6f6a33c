// The captures of boots: those that appliances sent, and the orders by which they make more. What a capture has is for operators: the
// boot's token is struck out of it, and yet it is all that was said on the wire.
import { Emitter } from '../../appliance/wire/emitter.ts'
import type { Log } from '../../appliance/wire/log.ts'
import type { Pool } from '../hosts/service.ts'
import type { CapturePush } from '../protocol/appliance.ts'
import type { Store } from '../store/database.ts'
import { sawAppliance } from '../store/tables/appliances.ts'
import {
  allCaptures,
  type CaptureOrder,
  captureFile,
  captureOrders,
  dropCaptureOrders,
  type StoredCapture,
  saveCapture,
  saveCaptureOrder,
} from '../store/tables/captures.ts'
import { addHistory } from '../store/tables/history.ts'

export interface CapturesOptions {
  readonly store: Store
  readonly pool: Pick<Pool, 'hosts'>
  readonly now: () => number
  readonly log: Log
}

/** A host that has not booted for so long (ms) is no longer waited for. */
const ORDER_LASTS = 24 * 3600_000

export async function openCaptures(options: CapturesOptions): Promise<Captures> {
  return new Captures(options, await captureOrders(options.store.db))
}

export class Captures {
  readonly #options: CapturesOptions
  readonly #ordersChanged: Emitter
  #orders: readonly CaptureOrder[]

  constructor(options: CapturesOptions, orders: readonly CaptureOrder[]) {
    this.#options = options
    this.#orders = orders
    this.#ordersChanged = new Emitter(options.log, 'orders of captures')
  }

  /** On disk when it resolves. The order that it follows is done. */
  async take(told: CapturePush): Promise<void> {
    const { store, pool, now } = this.#options
    const { mac, ended } = told.capture
    const hosts = pool.hosts().flatMap(({ id, macs }) => (macs.some((one) => one.mac === mac) ? [id] : []))
    const done = this.#orders.filter(({ host, at }) => hosts.includes(host) && at <= ended).map(({ host }) => host)
    this.#orders = await store.write(async (transaction) => {
      await sawAppliance(transaction, told.appliance, now())
      const isNew = await saveCapture(transaction, told, now())
      if (isNew) await dropCaptureOrders(transaction, done)
      return captureOrders(transaction)
    })
    if (done.length > 0) this.#ordersChanged.tell()
  }

  /** Newest first. */
  list(): Promise<readonly StoredCapture[]> {
    return allCaptures(this.#options.store.db)
  }

  /** A pcapng, gzipped, in base64. */
  file(attempt: string): Promise<string | undefined> {
    return captureFile(this.#options.store.db, attempt)
  }

  /** That stand. */
  orders(): readonly CaptureOrder[] {
    return this.#orders.filter(({ at }) => at > this.#options.now() - ORDER_LASTS)
  }

  /** Appliances hear of it within seconds. `who`: as history writes it. */
  async order(host: string, who: string): Promise<void> {
    const { store, now } = this.#options
    this.#orders = await store.write(async (transaction) => {
      await saveCaptureOrder(transaction, { host, at: now(), who })
      await addHistory(transaction, host, { at: now(), who, what: 'ordered a capture of its boot' })
      return captureOrders(transaction)
    })
    this.#ordersChanged.tell()
  }

  /** Of each change of the orders; until the function that it returns is called. */
  subscribe(listener: () => void): () => void {
    return this.#ordersChanged.subscribe(listener)
  }
}
