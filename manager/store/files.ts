// Where the manager's data lies in its directory, and who may work on it.
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

export const databasePath = (dataDir: string): string => join(dataDir, 'manager.db')

/** Of the database as it was before hostless was upgraded. */
export const copyBeforePath = (dataDir: string, version: number): string => join(dataDir, `manager.db.schema-${version}`)

/** Of a database: what SQLite keeps beside it has hashes and secrets, too. Whatever mode an older hostless left, only its owner reads it. */
export function keepPrivate(file: string): void {
  // By its name, once it is there: to close it would end the locks that this process has on it.
  if (existsSync(file)) chmodSync(file, 0o600)
  else closeSync(openSync(file, 'a', 0o600))
  for (const beside of ['-wal', '-shm'].map((suffix) => `${file}${suffix}`)) if (existsSync(beside)) chmodSync(beside, 0o600)
}

/** Held by one process at a time; the kernel lets go of it however that process ends. Undefined when another has it. */
export function lockData(dataDir: string): (() => void) | undefined {
  const path = join(dataDir, 'manager.lock')
  keepPrivate(path)
  const lock = new Database(path, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return undefined
    throw new Error(`${path} cannot be locked`, { cause: error })
  }
  return () => void lock.close()
}
