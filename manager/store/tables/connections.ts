// The table connections: iSCSI targets that hosts are to be logged in to. CHAP passwords are sealed.
import type { Kysely } from 'kysely'
import type { Steps, Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** iSCSI targets that hosts are to be logged in to. */
export interface ConnectionsTable {
  id: string
  kind: string
  portal: string
  target: string | null
  /** JSON list of names; empty: all hosts. */
  groups: string
  chap_user: string | null
  /** By sealing.ts. */
  chap_sealed: string | null
  created: number
  created_by: string
  /** 1: taken away, and kept until no host has a session. */
  ending: number
}

declare module '../schema.ts' {
  interface Tables {
    connections: ConnectionsTable
  }
}

export const connectionsSteps: Steps = { 3: createConnections }

async function createConnections({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('connections')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('portal', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('chap_user', 'text')
    .addColumn('chap_sealed', 'text')
    .addColumn('created', 'bigint', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('ending', 'integer', (column) => column.notNull())
    .execute()
}

export interface ConnectionRecord {
  readonly id: string
  readonly portal: string
  readonly target: string | undefined
  readonly groups: readonly string[]
  readonly chap: { readonly user: string; readonly sealed: string } | undefined
  readonly created: number
  readonly by: string
  readonly ending: boolean
}

/** Oldest first. */
export async function allConnections(db: Kysely<Tables>): Promise<readonly ConnectionRecord[]> {
  return (await db.selectFrom('connections').selectAll().orderBy('created').orderBy('id').execute()).map(recordOf)
}

export async function addConnection(transaction: Transaction, record: ConnectionRecord): Promise<void> {
  const { id, portal, target, groups, chap, created, by, ending } = record
  const row: ConnectionsTable = {
    id,
    kind: 'iscsi',
    portal,
    target: target ?? null,
    groups: JSON.stringify(groups),
    chap_user: chap?.user ?? null,
    chap_sealed: chap?.sealed ?? null,
    created,
    created_by: by,
    ending: ending ? 1 : 0,
  }
  await transaction.insertInto('connections').values(row).execute()
}

export async function endConnection(transaction: Transaction, id: string): Promise<void> {
  await transaction.updateTable('connections').set({ ending: 1 }).where('id', '=', id).execute()
}

export async function removeConnection(transaction: Transaction, id: string): Promise<void> {
  await transaction.deleteFrom('connections').where('id', '=', id).execute()
}

function recordOf(row: ConnectionsTable): ConnectionRecord {
  const { id, portal, target, groups, chap_user, chap_sealed, created, created_by, ending } = row
  return {
    id,
    portal,
    target: target ?? undefined,
    groups: JSON.parse(groups) as string[],
    chap: chap_user === null || chap_sealed === null ? undefined : { user: chap_user, sealed: chap_sealed },
    created,
    by: created_by,
    ending: ending === 1,
  }
}
