// The steps of migrations.ts about who a host is.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

/** SQLite takes one column a statement. */
export async function identities({ schema }: Kysely<Tables>): Promise<void> {
  for (const column of ['serial', 'product', 'claim'] as const) await schema.alterTable('hosts').addColumn(column, 'text').execute()
}

/** No reference: a backup's rows come in any order. */
export async function tokenParents({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('tokens').addColumn('parent', 'text').execute()
}
