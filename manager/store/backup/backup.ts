// All that the manager knows in one file: an SQLite database with the keys in a table of its own, whatever database
// the manager keeps it in.
import { link, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { copySqlite } from '../dialects/sqlite.ts'
import { databasePath } from '../files.ts'
import { readSecret } from '../keys/secrets.ts'
import type { DataPlace } from '../open.ts'
import { KEYS, KEYS_TABLE, type Key, LATER_KEYS } from './file.ts'
import { isThere, withPostgres } from './restoring.ts'

export { restore } from './restore.ts'

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
  try {
    if (database === 'sqlite') await copySqlite(databasePath(dataDir), draft)
    else await withPostgres(database, (db, dialect) => dialect.copyTo(db, draft))
    addKeys(
      draft,
      [...keys, ...later].flatMap(({ name, content }) => (content === undefined ? [] : [{ name, content }])),
    )
    await link(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}

function addKeys(draft: string, keys: readonly Key[]): void {
  const copy = new Database(draft)
  try {
    copy.exec(`CREATE TABLE ${KEYS_TABLE} (name TEXT PRIMARY KEY, content TEXT NOT NULL)`)
    const add = copy.prepare(`INSERT INTO ${KEYS_TABLE} (name, content) VALUES (?, ?)`)
    for (const { name, content } of keys) add.run(name, content)
  } finally {
    copy.close()
  }
}
