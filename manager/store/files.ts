// Where the manager's data lies, who may open it, and how all of it goes into one file and back.
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { AUTHORITY_CERTIFICATE, AUTHORITY_KEY, SITE_SECRET } from './authority.ts'
import { SEALING_KEY } from './sealing.ts'
import { readSecret } from './secrets.ts'
import { checkSqlite, copySqlite } from './sqlite.ts'

export const databasePath = (dataDir: string): string => join(dataDir, 'manager.db')

/** Of the database as it was before hostless was upgraded. */
export const copyBeforePath = (dataDir: string, version: number): string => join(dataDir, `manager.db.schema-${version}`)

/** Without these a restored database would trust none of the hosts that run. */
const KEYS = [AUTHORITY_KEY, AUTHORITY_CERTIFICATE, SITE_SECRET] as const
/** Of later versions: a data directory or a backup from before has none. */
const LATER_KEYS = [SEALING_KEY] as const

/** Held by one process at a time; the kernel lets go of it however that process ends. Throws when another has it. */
export function lockData(dataDir: string): () => void {
  const path = join(dataDir, 'manager.lock')
  const lock = new Database(path, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    lock.close()
    throw new Error(`another hostless manager works on ${dataDir}: stop it first`, { cause })
  }
  return () => void lock.close()
}

/** Database and keys in one file, mode 0600; the manager may run meanwhile. Rejects when the file is there already. */
export async function backup(dataDir: string, file: string): Promise<void> {
  if (!(await isThere(databasePath(dataDir)))) throw new Error(`there is no ${databasePath(dataDir)}: nothing to back up`)
  if (await isThere(file)) throw new Error(`${file} is there already: name another file`)
  const keys = await Promise.all(KEYS.map(async (name) => ({ name, content: await readFile(join(dataDir, 'keys', name), 'utf8') })))
  const later = await Promise.all(LATER_KEYS.map(async (name) => ({ name, content: await readSecret(join(dataDir, 'keys', name)) })))
  const draft = `${file}.unfinished`
  await rm(draft, { force: true })
  await copySqlite(databasePath(dataDir), draft)
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
 * Agents have heard the epochs of the database that is replaced: the restored one goes on far beyond them.
 */
export async function restore(dataDir: string, file: string): Promise<void> {
  checkSqlite(file)
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 })
  const unlock = lockData(dataDir)
  try {
    const draft = `${databasePath(dataDir)}.unfinished`
    await rm(draft, { force: true })
    await copySqlite(file, draft)
    const keys = takeKeys(draft, file)
    for (const { name, content } of keys) await replaceKey(join(dataDir, 'keys', name), content)
    await moveAside(databasePath(dataDir))
    await rename(draft, databasePath(dataDir))
  } finally {
    unlock()
  }
}

const EPOCHS_AHEAD = 1_000_000

function takeKeys(draft: string, file: string): readonly { readonly name: string; readonly content: string }[] {
  const database = new Database(draft)
  try {
    const found = database.prepare("SELECT name FROM sqlite_master WHERE name = 'backup_keys'").get()
    if (!found) throw new Error(`${file} is no backup of hostless`)
    const rows = database.prepare('SELECT name, content FROM backup_keys').all() as { name: string; content: string }[]
    const keys = KEYS.flatMap((name) => rows.filter((row) => row.name === name))
    if (keys.length !== KEYS.length) throw new Error(`${file} lacks keys: it is no whole backup of hostless`)
    database.exec('DROP TABLE backup_keys')
    database.prepare("UPDATE settings SET value = CAST(value AS INTEGER) + ? WHERE key = 'epoch'").run(EPOCHS_AHEAD)
    database.exec('VACUUM')
    return [...keys, ...LATER_KEYS.flatMap((name) => rows.filter((row) => row.name === name))]
  } finally {
    database.close()
  }
}

async function replaceKey(path: string, content: string): Promise<void> {
  const draft = `${path}.unfinished`
  await writeFile(draft, content, { mode: 0o600, flush: true })
  await chmod(draft, path.endsWith('.pem') ? 0o644 : 0o600)
  await rename(draft, path)
}

async function moveAside(path: string): Promise<void> {
  if (!(await isThere(path))) return
  const old = new Database(path)
  old.pragma('wal_checkpoint(TRUNCATE)')
  old.close()
  for (const suffix of ['-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
  await rename(path, `${path}.replaced`)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
