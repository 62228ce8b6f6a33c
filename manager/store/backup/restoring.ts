// How a restore takes its place: all of it is made ready in a folder beside, one rename decides, and what is left to do after that is
// done again by whoever holds the data next. So the old data is whole, or the new is, whenever the power goes.
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import type { StoreDialect } from '../dialects/dialect.ts'
import { postgres } from '../dialects/postgres.ts'
import { databasePath } from '../files.ts'
import { keepKeysFolder } from '../keys/folder.ts'
import { writeOnce } from '../keys/secrets.ts'
import { schemaVersion } from '../migrations/steps.ts'
import type { Tables } from '../schema.ts'
import { loadIntoPostgres } from './portable.ts'

/** Where the data of a manager lies. */
interface Place {
  readonly dataDir: string
  readonly database: string
}

const DRAFT = 'restore.unfinished'
const DECIDED = 'restore.decided'

export const draftPath = (dataDir: string): string => join(dataDir, DRAFT, 'manager.db')
export const replacedPath = (dataDir: string): string => `${databasePath(dataDir)}.replaced`

/** An empty folder for `draftPath`, and what was begun before and not decided is gone. */
export async function beginRestore(dataDir: string): Promise<void> {
  await dropDraft(dataDir)
  await mkdir(join(dataDir, DRAFT, 'keys'), { recursive: true, mode: 0o700 })
}

export async function dropDraft(dataDir: string): Promise<void> {
  await rm(join(dataDir, DRAFT), { recursive: true, force: true })
}

/** On disk when it resolves. */
export async function draftKey(dataDir: string, name: string, content: string): Promise<void> {
  await writeOnce(join(dataDir, DRAFT, 'keys', name), content, name.endsWith('.pem') ? 0o644 : 0o600)
}

/** From here on the draft is what there is. */
export async function decideRestore(place: Place, version: number): Promise<void> {
  const { dataDir } = place
  await writeOnce(join(dataDir, DRAFT, 'version'), String(version), 0o600)
  await syncFolder(join(dataDir, DRAFT))
  await rename(join(dataDir, DRAFT), join(dataDir, DECIDED))
  await syncFolder(dataDir)
  await finishRestore(place)
}

/** By whoever holds the data, before anything of it is read. Does nothing when no restore was decided and not done. */
export async function finishRestore(place: Place): Promise<void> {
  const { dataDir, database } = place
  const decided = join(dataDir, DECIDED)
  await dropDraft(dataDir)
  if (!(await isThere(decided))) return
  const draft = join(decided, 'manager.db')
  if (await isThere(draft)) {
    if (database === 'sqlite') await replaceSqlite(dataDir, draft)
    else await replacePostgres(database, draft, decided)
  }
  await keepKeysFolder(dataDir)
  for (const name of await readdir(join(decided, 'keys'))) await rename(join(decided, 'keys', name), join(dataDir, 'keys', name))
  await syncFolder(join(dataDir, 'keys'))
  await rm(decided, { recursive: true })
  await syncFolder(dataDir)
}

async function replaceSqlite(dataDir: string, draft: string): Promise<void> {
  const path = databasePath(dataDir)
  const aside = replacedPath(dataDir)
  if (await isThere(path)) {
    closeJournal(path)
    for (const suffix of ['-wal', '-shm']) await rm(`${aside}${suffix}`, { force: true })
    await rename(path, aside)
    // There still when it is damaged: what cannot be put into it stays beside it.
    for (const suffix of ['-wal', '-shm']) if (await isThere(`${path}${suffix}`)) await rename(`${path}${suffix}`, `${aside}${suffix}`)
  }
  for (const suffix of ['-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
  await rename(draft, path)
  await syncFolder(dataDir)
}

function closeJournal(path: string): void {
  try {
    const old = new Database(path)
    old.pragma('wal_checkpoint(TRUNCATE)')
    old.close()
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
  }
}

/** One transaction. What it refuses was never in its place, and nothing is left to be done; unless it was there before a crash. */
async function replacePostgres(url: string, draft: string, decided: string): Promise<void> {
  if (await withPostgres(url, (db) => isLoaded(draft, db))) return rm(draft)
  const version = Number(await readFile(join(decided, 'version'), 'utf8'))
  try {
    await withPostgres(url, (db) => loadIntoPostgres(draft, version, db))
  } catch (error) {
    await rm(decided, { recursive: true, force: true })
    throw error
  }
  await rm(draft)
}

/** By its epoch: that of a draft is far ahead of all before it. */
async function isLoaded(draft: string, db: Kysely<Tables>): Promise<boolean> {
  if ((await schemaVersion(db)) === 0) return false
  const source = new Database(draft, { readonly: true, fileMustExist: true })
  try {
    const wanted = source.prepare("SELECT value FROM settings WHERE key = 'epoch'").pluck().get()
    return (
      wanted !== undefined &&
      wanted === (await db.selectFrom('settings').select('value').where('key', '=', 'epoch').executeTakeFirst())?.value
    )
  } finally {
    source.close()
  }
}

export async function withPostgres<Value>(url: string, use: (db: Kysely<Tables>, dialect: StoreDialect) => Promise<Value>): Promise<Value> {
  const dialect = postgres(url, undefined)
  const db = new Kysely<Tables>({ dialect: dialect.kysely })
  try {
    return await use(db, dialect)
  } finally {
    await db.destroy()
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}

export async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}
