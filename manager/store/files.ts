// Where the manager's data lies in its directory, and who may work on it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { keepPrivate } from '../../appliance/store/private-file.ts'

export const databasePath = (dataDir: string): string => join(dataDir, 'manager.db')

/**
 * For the database as it was before hostless was upgraded. One of that schema may have been copied before: an upgrade was cut short, or an old
 * backup restored since. Nothing is written over.
 */
export function copyBeforePath(dataDir: string, version: number): string {
  const first = join(dataDir, `manager.db.schema-${version}`)
  for (let path = first, number = 2; ; path = `${first}.${number}`, number += 1) if (!existsSync(path)) return path
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
