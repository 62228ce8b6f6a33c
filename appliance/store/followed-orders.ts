// The table followed_orders: which orders to boot something else once were followed, by which boot attempt, and which of these the manager
// has not acknowledged. An order is here before its script leaves, so that no crash and no lost message has it followed twice.
import { type OnceKind, onceKind } from '../../manager/protocol/once.ts'
import { type Mac, parseMac } from '../wire/addresses.ts'
import { Emitter } from '../wire/emitter.ts'
import type { Log } from '../wire/log.ts'
import type { Store } from './database.ts'

/** How long an order is remembered that the manager has dropped, ms: much longer than one is followed. */
const REMEMBERED = 30 * 24 * 3600_000

export interface FollowedOrder {
  readonly id: string
  readonly attempt: string
  readonly mac: Mac
  readonly what: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export class FollowedOrders {
  readonly #fresh: Emitter
  readonly #follow
  readonly #ofAttempt
  readonly #attemptOf
  readonly #oldest
  readonly #acknowledge
  readonly #again

  constructor(store: Store, log: Pick<Log, 'error'>) {
    this.#fresh = new Emitter(log, 'orders that were followed')
    const forget = store.prepare<[number]>('DELETE FROM followed_orders WHERE told = 1 AND at < ?')
    const add = store.prepare<[string, string, string, string, number]>(
      'INSERT INTO followed_orders (id, attempt, mac, what, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
    this.#follow = store.transaction(({ id, attempt, mac, what, at }: FollowedOrder) => {
      forget.run(at - REMEMBERED)
      return add.run(id, attempt, mac, what, at).changes === 1
    })
    this.#ofAttempt = store.prepare<[string], { what: string }>('SELECT what FROM followed_orders WHERE attempt = ?')
    this.#attemptOf = store.prepare<[string], { attempt: string }>('SELECT attempt FROM followed_orders WHERE id = ?')
    this.#oldest = store.prepare<[number], Omit<FollowedOrder, 'mac'> & { readonly mac: string }>(
      'SELECT id, attempt, mac, what, at FROM followed_orders WHERE told = 0 ORDER BY at LIMIT ?',
    )
    const told = store.prepare<[string]>('UPDATE followed_orders SET told = 1 WHERE id = ?')
    this.#acknowledge = store.transaction((orders: readonly FollowedOrder[]) => {
      for (const { id } of orders) told.run(id)
    })
    const again = store.prepare<[string]>('UPDATE followed_orders SET told = 0 WHERE id = ? AND told = 1')
    this.#again = store.transaction((ids: readonly string[]) => ids.reduce((count, id) => count + again.run(id).changes, 0))
  }

  /** What this attempt boots instead of the pool: it keeps that to its end, whatever has become of the order. */
  of(attempt: string): OnceKind | undefined {
    return onceKind(this.#ofAttempt.get(attempt)?.what ?? '')
  }

  /** By whichever attempt. */
  has(id: string): boolean {
    return this.#attemptOf.get(id) !== undefined
  }

  /** On disk when it returns. False: another attempt has followed this order, or this attempt another one. */
  follow(order: FollowedOrder): boolean {
    const isFirst = this.#follow(order)
    if (isFirst) this.#fresh.tell()
    return isFirst
  }

  /** That the manager has not. */
  untold(limit: number): readonly FollowedOrder[] {
    return this.#oldest.all(limit).flatMap((row) => {
      const mac = parseMac(row.mac)
      return mac ? [{ ...row, mac }] : []
    })
  }

  /** The manager has them on disk. */
  acknowledged(orders: readonly FollowedOrder[]): void {
    this.#acknowledge(orders)
  }

  /** The manager has these, though it was told that they were followed: it is one from before, out of a backup. It is told again. */
  standAgain(ids: readonly string[]): void {
    if (ids.length > 0 && this.#again(ids) > 0) this.#fresh.tell()
  }

  subscribe(listener: () => void): () => void {
    return this.#fresh.subscribe(listener)
  }
}
