// What the store asks of a database: how kysely speaks to it, how a write begins, how all of it goes to a file.
import type { Dialect, Kysely, Transaction } from 'kysely'
import type { Tables } from '../schema.ts'

export interface StoreDialect {
  /** For messages: the file's path, the server's address; without a password. */
  readonly place: string
  readonly kysely: Dialect
  /** First in each transaction that writes: afterwards nobody else writes until it ends. */
  startWrite(transaction: Transaction<Tables>): Promise<void>
  /** The failure of a write in words for an operator, where we have some. */
  explain(error: unknown): unknown
  /** A consistent copy as an SQLite file, also while it is written to. The file must not be there; mode 0600, on disk when it resolves. */
  copyTo(db: Kysely<Tables>, file: string): Promise<void>
}

/** A write that failed for the database's sake, not for its own. */
export class WriteFailure extends Error {
  override readonly name = 'WriteFailure'
  /** SQLite's result code, or PostgreSQL's SQLSTATE; empty where there was none. */
  readonly code: string

  constructor(message: string, code: string, cause: unknown) {
    super(message, { cause })
    this.code = code
  }
}
