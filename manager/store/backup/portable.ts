// All rows of PostgreSQL in an SQLite file, and those of such a file in PostgreSQL: a backup is the same whatever it came from.
// Tables go in the order in which they were made, so that what a row refers to is there before it.
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { into } from '../dialects/sqlite.ts'
import { MIGRATIONS, migrate, runSteps, schemaVersion } from '../migrations/steps.ts'
import type { Tables } from '../schema.ts'
import type { Transaction } from '../writer.ts'

/** Rows in memory at a time: an inventory's section can be 100 KB. */
const PAGE = 200

export type Row = Readonly<Record<string, unknown>>

/** See StoreDialect.copyTo. As it was at one moment, while the manager writes. */
export async function copyFromPostgres(db: Kysely<Tables>, file: string): Promise<void> {
  await into(file, () =>
    db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (transaction) => {
        const version = await schemaVersion(transaction)
        if (version === 0) throw new Error('the database is empty: nothing to copy')
        await withSchema(file, version, async (target) => {
          target.pragma('foreign_keys = OFF')
          for (const table of tablesOf(target)) {
            target.exec(`DELETE FROM "${table}"`) // the version, which comes with the other settings
            for await (const rows of pagesOf(transaction, table)) insertRows(target, table, rows)
          }
        })
      }),
  )
}

/** In the place of all that hostless has there, in one transaction; `version` is that of the file's schema. */
export async function loadIntoPostgres(file: string, version: number, db: Kysely<Tables>): Promise<void> {
  const ours = await withSchema(':memory:', MIGRATIONS.length, async (newest) => tablesOf(newest))
  await db.transaction().execute(async (transaction) => {
    for (const table of ours.toReversed()) await transaction.schema.dropTable(table).ifExists().execute()
    await runSteps(transaction, 0, MIGRATIONS.slice(0, version))
    const source = new Database(file, { readonly: true, fileMustExist: true })
    try {
      const open = transaction.withTables<Record<string, Record<string, unknown>>>()
      for (const table of tablesOf(source)) {
        await open.deleteFrom(table).execute()
        for (const rows of pages(source.prepare(`SELECT * FROM "${table}"`).iterate() as Iterable<Row>)) {
          await open.insertInto(table).values(rows).execute()
        }
      }
    } finally {
      source.close()
    }
  })
}

/** With the schema as the first `version` steps make it. */
export async function withSchema<Value>(
  file: string,
  version: number,
  use: (database: Database.Database) => Promise<Value>,
): Promise<Value> {
  if (version > MIGRATIONS.length) throw new Error(`schema ${version} is newer than this hostless, which knows up to ${MIGRATIONS.length}`)
  const database = new Database(file)
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) })
  try {
    await migrate(db, 0, MIGRATIONS.slice(0, version))
    return await use(database)
  } finally {
    await db.destroy()
  }
}

export function tablesOf(database: Database.Database): string[] {
  const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").all() as { name: string }[]
  return rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'))
}

async function* pagesOf(transaction: Transaction, table: string): AsyncGenerator<readonly Row[]> {
  await sql`DECLARE page NO SCROLL CURSOR FOR SELECT * FROM ${sql.table(table)}`.execute(transaction)
  for (;;) {
    const { rows } = await sql<Row>`FETCH ${sql.lit(PAGE)} FROM page`.execute(transaction)
    if (rows.length === 0) break
    yield rows
  }
  await sql`CLOSE page`.execute(transaction)
}

export function insertRows(target: Database.Database, table: string, rows: readonly Row[]): void {
  const columns = Object.keys(rows[0] ?? {})
  const names = columns.map((column) => `"${column}"`).join(', ')
  const add = target.prepare(`INSERT INTO "${table}" (${names}) VALUES (${columns.map(() => '?').join(', ')})`)
  target.transaction(() => {
    for (const row of rows) add.run(columns.map((column) => row[column]))
  })()
}

export function* pages(rows: Iterable<Row>): Generator<Row[]> {
  let page: Row[] = []
  for (const row of rows) {
    page.push(row)
    if (page.length === PAGE) {
      yield page
      page = []
    }
  }
  if (page.length > 0) yield page
}
