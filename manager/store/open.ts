// The manager's data, wherever the config puts it: opened by the one manager that works on it, or beside that.
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { type Kysely, sql } from 'kysely'
import type { Log } from '../../appliance/wire/log.ts'
import { finishRestore } from './backup/restoring.ts'
import { LINEAGE_KEY } from './backup/taken-back.ts'
import { openStore, type Store } from './database.ts'
import type { StoreDialect } from './dialects/dialect.ts'
import { OWNER_KEY, placeOf, postgres } from './dialects/postgres.ts'
import { lockPostgres } from './dialects/postgres-lock.ts'
import { sqlite } from './dialects/sqlite.ts'
import { copyBeforePath, databasePath, lockData } from './files.ts'
import { keepAuditWitness, visitAuditWitness } from './keys/audit-witness.ts'
import type { Tables } from './schema.ts'

export interface DataPlace {
  /** Keys and, with SQLite, the database. */
  readonly dataDir: string
  /** `sqlite`, or a postgres:// URL. */
  readonly database: string
}

/** Lets go of what was held. */
type Release = () => Promise<void> | void

/** For the manager. Rejects when another one works on it; nobody else does until the store is closed. */
export async function openData(place: DataPlace, log: Log): Promise<Store> {
  const release = await holdData(place, log)
  if (!release) throw new Error(inUse(place))
  const owner = randomBytes(16).toString('hex')
  const store = await openHeld(place, release, owner)
  if (place.database === 'sqlite') return store
  try {
    await claim(store.db, owner)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** For a command, while the manager runs or does not. It takes nothing over: a manager that has just lost its connection goes on. */
export async function visitData(place: DataPlace, log: Log): Promise<Store> {
  const release = await holdData(place, log)
  if (release) return openHeld(place, release, undefined)
  const witness = await visitAuditWitness(place.dataDir)
  const store = await openStore(dialectOf(place, undefined), { outdated: 'refuse' })
  return {
    ...store,
    witness,
    close: async () => {
      await store.close()
      await witness?.close()
    },
  }
}

/** Undefined when a manager works on it. A restore that was cut short is done first. */
export async function holdData({ dataDir, database }: DataPlace, log: Log): Promise<Release | undefined> {
  await mkdir(dataDir, { recursive: true, mode: 0o755 })
  const release = database === 'sqlite' ? lockData(dataDir) : await lockPostgres(database, log)
  if (!release) return undefined
  try {
    await finishRestore({ dataDir, database })
    return release
  } catch (error) {
    await release()
    throw error
  }
}

export function inUse({ dataDir, database }: DataPlace): string {
  return `another hostless manager works on ${database === 'sqlite' ? dataDir : `the ${placeOf(database)}`}: stop it first`
}

export function dialectOf({ dataDir, database }: DataPlace, owner: string | undefined): StoreDialect {
  return database === 'sqlite' ? sqlite(databasePath(dataDir)) : postgres(database, owner)
}

async function openHeld(place: DataPlace, release: Release, owner: string | undefined): Promise<Store> {
  try {
    const store = await openStore(dialectOf(place, owner), { copyBefore: (version) => copyBeforePath(place.dataDir, version) })
    await keepLineage(store.db)
    const witness = await keepAuditWitness(place.dataDir, store.db)
    return {
      ...store,
      witness,
      close: async () => {
        await store.close()
        await witness.close()
        await release()
      },
    }
  } catch (error) {
    await release()
    throw error
  }
}

/** A restore tells by it whether the data that is there went on from the backup. */
async function keepLineage(db: Kysely<Tables>): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key: LINEAGE_KEY, value: randomBytes(16).toString('hex') })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute()
}

/** Who wrote before is refused from now on. */
async function claim(db: Kysely<Tables>, owner: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key: OWNER_KEY, value: owner })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: sql<string>`excluded.value` }))
    .execute()
}
