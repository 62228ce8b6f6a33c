// The orders to boot something else once: on disk before anybody hears of them, gone when an appliance tells that one was followed, or
// when they are a day old. What is refused, and said, is once.ts's.
import type { HostView } from '../hosts/pool-change.ts'
import type { Refused } from '../outcome.ts'
import type { ApplianceSelf } from '../protocol/appliance.ts'
import type { OnceFollowed, OnceKind } from '../protocol/once.ts'
import type { Store } from '../store/database.ts'
import { bootsOf } from '../store/tables/boots.ts'
import { addHistory } from '../store/tables/history.ts'
import { allOnceOrders, dropOnceOrder, type StoredOrder, saveOnceOrder } from '../store/tables/once-orders.ts'
import type { Transaction } from '../store/writer.ts'
import { isOver, refusedOrder, saidFollowed, saidOrdered, saidOver, saidTakenBack, type ToldAppliance } from './once.ts'

export interface OrdersOptions {
  readonly store: Store
  readonly now: () => number
  /** 16 characters of base32. */
  readonly newId: () => string
}

/** By host. */
export type Orders = ReadonlyMap<string, StoredOrder>

export class OnceOrders {
  readonly #options: OrdersOptions
  /** By id: what they have told of themselves since this manager started. */
  readonly #told = new Map<string, ToldAppliance>()
  #orders: Orders

  constructor(options: OrdersOptions, orders: Orders) {
    this.#options = options
    this.#orders = orders
  }

  /** That hold now. */
  standing(): Orders {
    const now = this.#options.now()
    return new Map([...this.#orders].filter(([, order]) => !isOver(order, now)))
  }

  of(host: string): StoredOrder | undefined {
    const order = this.#orders.get(host)
    return order && !isOver(order, this.#options.now()) ? order : undefined
  }

  heard({ id, address, version, tools }: ApplianceSelf): void {
    this.#told.set(id, { address, version, tools })
  }

  /** In the place of the one before; undefined takes that back. Why not, where it is refused. `who`: as history writes it. */
  async give(host: HostView, what: OnceKind | undefined, who: string): Promise<Refused | undefined> {
    const { store, now, newId } = this.#options
    const refused = what && refusedOrder({ host, what, own: await this.#bootedBy(host), all: [...this.#told.values()] })
    if (refused) return refused
    this.#orders = await store.write(async (transaction) => {
      const at = now()
      const before = (await allOnceOrders(transaction)).get(host.id)
      if (before) await dropOnceOrder(transaction, before.id)
      if (what) await saveOnceOrder(transaction, host.id, { id: newId(), what, who, at })
      const said = what ? saidOrdered(what) : before && saidTakenBack(before)
      if (said !== undefined) await addHistory(transaction, host.id, { at, who, what: said })
      return allOnceOrders(transaction)
    })
    return undefined
  }

  /**
   * Within the transaction of what was told with it: the orders that are left, to be taken when that is on disk. One that is told again,
   * or was taken back meanwhile, changes nothing.
   */
  async followed(transaction: Transaction, told: readonly OnceFollowed[]): Promise<Orders> {
    const ids = new Set(told.map(({ id }) => id))
    for (const [host, order] of await allOnceOrders(transaction)) {
      if (!ids.has(order.id)) continue
      await dropOnceOrder(transaction, order.id)
      await addHistory(transaction, host, { at: this.#options.now(), who: 'appliance', what: saidFollowed(order) })
    }
    return allOnceOrders(transaction)
  }

  take(orders: Orders): void {
    this.#orders = orders
  }

  /** Says in the history of each host that its order was not followed in time. */
  async dropOld(): Promise<void> {
    const { store, now } = this.#options
    if ([...this.#orders.values()].every((order) => !isOver(order, now()))) return
    this.#orders = await store.write(async (transaction) => {
      for (const [host, order] of await allOnceOrders(transaction)) {
        if (!isOver(order, now())) continue
        await dropOnceOrder(transaction, order.id)
        await addHistory(transaction, host, { at: now(), who: 'manager', what: saidOver(order) })
      }
      return allOnceOrders(transaction)
    })
  }

  async #bootedBy({ macs }: HostView): Promise<ToldAppliance | undefined> {
    const [newest] = await bootsOf(
      this.#options.store.db,
      macs.map(({ mac }) => mac),
    )
    return newest && this.#told.get(newest.appliance)
  }
}
