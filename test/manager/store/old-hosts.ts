// Hosts as schemas from before migrations/presence.ts have them: one word each.
import { sql } from 'kysely'
import type { Store } from '../../../manager/store/database.ts'

export interface OldHost {
  readonly id: string
  readonly state: string
  readonly since?: number
  /** JSON, where the schema has that column. */
  readonly claim?: string
  readonly cordon?: string
}

export async function addOldHost(store: Store, { id, state, since = 1, claim, cordon }: OldHost): Promise<void> {
  const beside = { ...(claim === undefined ? {} : { claim }), ...(cordon === undefined ? {} : { cordon }) }
  const row = { id, name: `node-${id}`, state, since, groups: '["rack1"]', notes: '', created: 1, ...beside }
  await store.write(async (transaction) => {
    const columns = sql.join(Object.keys(row).map((name) => sql.ref(name)))
    await sql`insert into hosts (${columns}) values (${sql.join(Object.values(row))})`.execute(transaction)
  })
}
