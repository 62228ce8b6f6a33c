// All that the manager knows in one file, and back: an SQLite database with the keys in a table of its own, whatever database
// the manager keeps it in.
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import type { Log } from '../../appliance/wire/log.ts'
import { AUTHORITY_CERTIFICATE, AUTHORITY_KEY, SITE_SECRET } from './authority.ts'
import type { StoreDialect } from './dialect.ts'
import { databasePath } from './files.ts'
import { MIGRATIONS, schemaVersion } from './migrations.ts'
import { type DataPlace, holdData, inUse } from './open.ts'
import { loadIntoPostgres } from './portable.ts'
import { postgres } from './postgres.ts'
import type { Tables } from './schema.ts'
import { SEALING_KEY } from './sealing.ts'
import { readSecret } from './secrets.ts'
import { checkSqlite, copySqlite } from './sqlite.ts'

/** Without these a restored database would trust none of the hosts that run. */
const KEYS = [AUTHORITY_KEY, AUTHORITY_CERTIFICATE, SITE_SECRET] as const

/** Of later versions: a data directory or a backup from before has none. */
const LATER_KEYS = [SEALING_KEY] as const

/** Of agents that have heard the epochs of the database that is replaced: the restored one goes on far beyond them. */
const EPOCHS_AHEAD = 1_000_000

/** Database and keys in one file, mode 0600; the manager may run meanwhile. Rejects when the file is there already. */
export async function backup(place: DataPlace, file: string): Promise<void> {
  const { dataDir, database } = place
  if (database === 'sqlite' && !(await isThere(databasePath(dataDir)))) {
    throw new Error(`there is no ${databasePath(dataDir)}: nothing to back up`)
  }
  if (await isThere(file)) throw new Error(`${file} is there already: name another file`)
  const keys = await Promise.all(KEYS.map(async (name) => ({ name, content: await readFile(join(dataDir, 'keys', name), 'utf8') })))
  const later = await Promise.all(LATER_KEYS.map(async (name) => ({ name, content: await readSecret(join(dataDir, 'keys', name)) })))
  const draft = `${file}.unfinished`
  await rm(draft, { force: true })
  if (database === 'sqlite') await copySqlite(databasePath(dataDir), draft)
  else await withPostgres(database, (db, dialect) => dialect.copyTo(db, draft))
  const copy = new Database(draft)
  try {
    copy.exec('CREATE TABLE backup_keys (name TEXT PRIMARY KEY, content TEXT NOT NULL)')
    const add = copy.prepare('INSERT INTO backup_keys (name, content) VALUES (?, ?)')
    for (const { name, content } of [...keys, ...later]) if (content !== undefined) add.run(name, content)
  } finally {
    copy.close()
  }
  await link(draft, file)
  await rm(draft)
}

/**
 * The data of a backup in the place of what is there, which stays beside it as `manager.db.replaced`. The manager must be stopped.
 * A backup of an older hostless is brought up to date when the manager starts. Not whole when it rejects after a crash or on a
 * full disk: to restore again makes it so.
 */
export async function restore(place: DataPlace, file: string, log: Log): Promise<void> {
  checkSqlite(file)
  const { dataDir, database } = place
  const release = await holdData(place, log)
  if (!release) throw new Error(inUse(place))
  const draft = `${databasePath(dataDir)}.unfinished`
  try {
    await rm(draft, { force: true })
    await copySqlite(file, draft)
    const { keys, version } = takeKeys(draft, file)
    if (database === 'sqlite') await replaceSqlite(dataDir, draft)
    else await replacePostgres(place, draft, version)
    await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 })
    for (const { name, content } of keys) await replaceKey(join(dataDir, 'keys', name), content)
  } finally {
    await rm(draft, { force: true })
    await release()
  }
}

interface Key {
  readonly name: string
  readonly content: string
}

/** Makes of the draft what the manager opens. */
function takeKeys(draft: string, file: string): { readonly keys: readonly Key[]; readonly version: number } {
  const database = new Database(draft)
  try {
    const found = database.prepare("SELECT name FROM sqlite_master WHERE name = 'backup_keys'").get()
    if (!found) throw new Error(`${file} is no backup of hostless`)
    const rows = database.prepare('SELECT name, content FROM backup_keys').all() as Key[]
    const keys = KEYS.flatMap((name) => rows.filter((row) => row.name === name))
    if (keys.length !== KEYS.length) throw new Error(`${file} lacks keys: it is no whole backup of hostless`)
    const version = Number(database.prepare("SELECT value FROM settings WHERE key = 'schema'").pluck().get())
    if (version > MIGRATIONS.length) throw new Error(`${file} is of a newer hostless, with schema ${version}: restore it with that`)
    database.exec('DROP TABLE backup_keys')
    database.prepare("UPDATE settings SET value = CAST(value AS INTEGER) + ? WHERE key = 'epoch'").run(EPOCHS_AHEAD)
    database.exec('VACUUM')
    return { keys: [...keys, ...LATER_KEYS.flatMap((name) => rows.filter((row) => row.name === name))], version }
  } finally {
    database.close()
  }
}

async function replaceSqlite(dataDir: string, draft: string): Promise<void> {
  const path = databasePath(dataDir)
  if (await isThere(path)) {
    const old = new Database(path)
    old.pragma('wal_checkpoint(TRUNCATE)')
    old.close()
    for (const suffix of ['-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
    await rename(path, replacedPath(dataDir))
  }
  await rename(draft, path)
}

async function replacePostgres({ dataDir, database }: DataPlace, draft: string, version: number): Promise<void> {
  await withPostgres(database, async (db, dialect) => {
    if ((await schemaVersion(db)) > 0) {
      await rm(replacedPath(dataDir), { force: true })
      await dialect.copyTo(db, replacedPath(dataDir))
    }
    await loadIntoPostgres(draft, version, db)
  })
}

async function withPostgres(url: string, use: (db: Kysely<Tables>, dialect: StoreDialect) => Promise<void>): Promise<void> {
  const dialect = postgres(url, undefined)
  const db = new Kysely<Tables>({ dialect: dialect.kysely })
  try {
    await use(db, dialect)
  } finally {
    await db.destroy()
  }
}

async function replaceKey(path: string, content: string): Promise<void> {
  const draft = `${path}.unfinished`
  await writeFile(draft, content, { mode: 0o600, flush: true })
  await chmod(draft, path.endsWith('.pem') ? 0o644 : 0o600)
  await rename(draft, path)
}

const replacedPath = (dataDir: string): string => `${databasePath(dataDir)}.replaced`

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
