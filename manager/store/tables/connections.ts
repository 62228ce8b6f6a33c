// The table connections: iSCSI targets that hosts are to be logged in to. CHAP passwords are sealed.
import type { Kysely } from 'kysely'
import type { Transaction } from '../database.ts'
import type { ConnectionsTable, Tables } from '../schema.ts'

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
