// The table once_orders: what an operator wants a host to boot once instead of the pool, until an appliance tells that it did.
import { type Kysely, sql } from 'kysely'
import { type OnceKind, onceKind } from '../../protocol/once.ts'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

export interface OnceOrdersTable {
  host: string
  /** Another with each order. */
  id: string
  what: string
  /** As history writes it. */
  who: string
  at: number
}

declare module '../schema.ts' {
  interface Tables {
    once_orders: OnceOrdersTable
  }
}

export const onceOrdersSteps: Steps = { 28: createOnceOrders }

async function createOnceOrders({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('once_orders')
    .addColumn('host', 'text', (column) => column.primaryKey().references('hosts.id').onDelete('cascade'))
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('what', 'text', (column) => column.notNull())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}

export interface StoredOrder {
  readonly id: string
  readonly what: OnceKind
  readonly who: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** By host. Of a kind that a newer hostless knew, there is none. */
export async function allOnceOrders(db: Kysely<Tables>): Promise<ReadonlyMap<string, StoredOrder>> {
  const rows = await db.selectFrom('once_orders').selectAll().execute()
  return new Map(
    rows.flatMap(({ host, id, what, who, at }) => {
      const kind = onceKind(what)
      return kind ? [[host, { id, what: kind, who, at: Number(at) }] as const] : []
    }),
  )
}

/** In the place of the one before. */
export async function saveOnceOrder(transaction: Transaction, host: string, { id, what, who, at }: StoredOrder): Promise<void> {
  await transaction
    .insertInto('once_orders')
    .values({ host, id, what, who, at })
    .onConflict((conflict) =>
      conflict.column('host').doUpdateSet({
        id: sql<string>`excluded.id`,
        what: sql<string>`excluded.what`,
        who: sql<string>`excluded.who`,
        at: sql<number>`excluded.at`,
      }),
    )
    .execute()
}

export async function dropOnceOrder(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('once_orders').where('id', '=', id).execute()
}
