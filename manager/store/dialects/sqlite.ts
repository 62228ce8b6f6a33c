// SQLite as the manager's database, and as the form of a backup.
import { open } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { CompiledQuery, type DatabaseConnection, type Driver, type SqliteDatabase, SqliteDialect, SqliteDriver, sql } from 'kysely'
import { keepPrivate } from '../../../appliance/store/private-file.ts'
import { type StoreDialect, WriteFailure } from './dialect.ts'

/** Opens or makes the file, or `:memory:`. */
export function sqlite(file: string): StoreDialect {
  if (file !== ':memory:') keepPrivate(file)
  return sqliteOn(new Database(file), file)
}

/** Of a database that is open. What was committed survives a loss of power (WAL, synchronous FULL). */
export function sqliteOn(database: Database.Database, file: string): StoreDialect {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  return {
    place: file,
    kysely: new WritingDialect(database),
    startWrite: async () => undefined, // its file has one writer at a time
    explain: (error) => explain(error, file),
    copyTo: (db, target) => into(target, async () => void (await sql`VACUUM INTO ${target}`.execute(db))),
  }
}

/**
 * A transaction waits for other processes when it begins: once it has read, SQLite refuses what it writes when another has
 * written since. On a full disk SQLite has rolled back by itself, and to do so again would hide why.
 */
class WritingDialect extends SqliteDialect {
  readonly #database: Database.Database

  constructor(database: Database.Database) {
    super({ database })
    this.#database = database
  }

  override createDriver(): Driver {
    const database = this.#database
    return new (class extends SqliteDriver {
      override async beginTransaction(connection: DatabaseConnection): Promise<void> {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'))
      }

      override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
        if (database.inTransaction) await super.rollbackTransaction(connection)
      }
    })({ database: prepared(database) })
  }
}

/** Statements that are kept: more different ones than our queries make. */
const MOST_STATEMENTS = 512

/** Each statement is prepared once, which costs more than most of them take to run. */
function prepared(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, Database.Statement>()
  return {
    close: () => void database.close(),
    prepare: (text) => {
      const known = statements.get(text)
      if (known) return known
      const statement = database.prepare(text)
      if (statements.size >= MOST_STATEMENTS) statements.clear()
      statements.set(text, statement)
      return statement
    },
  }
}

function explain(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (error.code !== 'SQLITE_FULL' && error.code !== 'SQLITE_IOERR_WRITE') return error
  return new WriteFailure(`no space is left for ${file}: nothing of this change was kept`, error.code, error)
}

/** A copy of a database that this process does not hold open; it may be written to meanwhile. */
export async function copySqlite(from: string, to: string): Promise<void> {
  const database = new Database(from, { readonly: true, fileMustExist: true })
  try {
    await into(to, async () => void database.prepare('VACUUM INTO ?').run(to))
  } finally {
    database.close()
  }
}

/** `fill` gets an empty file, which is what SQLite writes into: made first, so that nobody else can read it while it grows. */
export async function into(target: string, fill: () => Promise<void>): Promise<void> {
  const made = await open(target, 'wx', 0o600)
  try {
    await fill()
    await made.sync()
  } finally {
    await made.close()
  }
}

/** Throws when the file is no sound SQLite database. */
export function checkSqlite(file: string): void {
  const database = openReadable(file)
  try {
    const found = database.pragma('integrity_check', { simple: true })
    if (found !== 'ok') throw new Error(String(found))
  } catch (cause) {
    throw new Error(`${file} is damaged, or no backup of hostless`, { cause })
  } finally {
    database.close()
  }
}

function openReadable(file: string): Database.Database {
  try {
    return new Database(file, { readonly: true, fileMustExist: true })
  } catch (cause) {
    throw new Error(`${file} cannot be opened`, { cause })
  }
}
