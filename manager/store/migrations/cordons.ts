// The step of migrations.ts about hosts that no guest is to come to.
import type { Kysely } from 'kysely'
import type { Tables } from '../schema.ts'

export async function cordons({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('hosts').addColumn('cordon', 'text').execute()
}
