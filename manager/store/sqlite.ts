// SQLite as the manager's database, and the only file that knows it is SQLite. A dialect is how kysely speaks to the
// database, and how the whole of it is copied to a file.
import { open } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { type Dialect, type SqliteDatabase, SqliteDialect } from 'kysely'

export interface StoreDialect {
  /** For messages: the file's path. */
  readonly place: string
  readonly kysely: Dialect
  /** A consistent copy, also while it is written to. The file must not be there; mode 0600, on disk when it resolves. */
  copyTo(file: string): Promise<void>
}

/** Opens or makes the file, or `:memory:`. What was committed survives a loss of power (WAL, synchronous FULL). */
export function sqlite(file: string): StoreDialect {
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  return {
    place: file,
    kysely: new SqliteDialect({ database: prepared(database) }),
    copyTo: (target) => copyInto(database, target),
  }
}

/** Statements that are kept: more different ones than our queries make. */
const MOST_STATEMENTS = 512

/**
 * Each statement is prepared once, which costs more than most of them take to run. A disk that is full ends a transaction by itself: the
 * rollback that follows would fail, and hide why.
 */
function prepared(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, Database.Statement>()
  return {
    close: () => void database.close(),
    prepare: (sql) => {
      const text = sql === 'rollback' && !database.inTransaction ? 'select 1' : sql
      const known = statements.get(text)
      if (known) return known
      const statement = database.prepare(text)
      if (statements.size >= MOST_STATEMENTS) statements.clear()
      statements.set(text, statement)
      return statement
    },
  }
}

/** A copy of a database that this process does not hold open; it may be written to meanwhile. */
export async function copySqlite(from: string, to: string): Promise<void> {
  const database = new Database(from, { readonly: true, fileMustExist: true })
  try {
    await copyInto(database, to)
  } finally {
    database.close()
  }
}

/** Made first, so that nobody else can read it while it grows: SQLite writes into an empty file. */
async function copyInto(database: Database.Database, target: string): Promise<void> {
  const made = await open(target, 'wx', 0o600)
  try {
    database.prepare('VACUUM INTO ?').run(target)
    await made.sync()
  } finally {
    await made.close()
  }
}

/** Throws when the file is no sound SQLite database. */
export function checkSqlite(file: string): void {
  const database = new Database(file, { readonly: true, fileMustExist: true })
  try {
    const found = database.pragma('integrity_check', { simple: true })
    if (found !== 'ok') throw new Error(String(found))
  } catch (cause) {
    throw new Error(`${file} is damaged, or no backup of hostless`, { cause })
  } finally {
    database.close()
  }
}
