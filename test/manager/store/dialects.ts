// Each test of the store runs on SQLite and on PostgreSQL: `onEach(title, run)` makes two tests of it.
import test, { type ExecutionContext } from 'ava'
import type { Store } from '../../../manager/store/database.ts'
import { type DataPlace, openData } from '../../../manager/store/open.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import { dataDirFor } from '../site.ts'
import { sharedPostgres } from './dialects/postgres-server.ts'

export const DATABASES = {
  SQLite: async () => 'sqlite',
  PostgreSQL: async () => (await sharedPostgres()).newDatabase(),
} as const

export function onEach(title: string, run: (t: ExecutionContext, place: DataPlace) => Promise<void>): void {
  for (const [name, database] of Object.entries(DATABASES)) {
    test(`${name}: ${title}`, async (t) => run(t, { dataDir: await dataDirFor(t), database: await database() }))
  }
}

export async function storeAt(t: ExecutionContext, place: DataPlace): Promise<Store> {
  const store = await openData(place, collectingLog().log)
  t.teardown(() => store.close())
  return store
}
