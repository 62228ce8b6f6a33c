// The manager's database, opened and brought up to date: a copy of it is kept before its schema is changed.
import { Kysely } from 'kysely'
import type { StoreDialect } from './dialects/dialect.ts'
import type { AuditWitness } from './keys/audit-witness.ts'
import { MIGRATIONS, migrate, schemaVersion } from './migrations/steps.ts'
import type { Migration, Tables } from './schema.ts'

import { GroupCommit, type Transaction } from './writer.ts'

export type { Transaction } from './writer.ts'

export interface Store {
  /** For reading; a read that belongs to a change goes into the change. */
  readonly db: Kysely<Tables>
  /** Resolves when the change is on disk, rejects when none of it is. `change` may run twice: it touches only the transaction. */
  write<Value>(change: (transaction: Transaction) => Promise<Value>): Promise<Value>
  /** Of the audit log; undefined where nothing outside the database vouches for it. */
  readonly witness?: AuditWitness | undefined
  /** See StoreDialect. */
  copyTo(file: string): Promise<void>
  /** After the writes that were asked for. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** Where the copy before a migration goes; left out: none is made. */
  readonly copyBefore?: (version: number) => string
  readonly steps?: readonly Migration[]
  /** `refuse`: another process works on it, with the schema that it has. */
  readonly outdated?: 'migrate' | 'refuse'
}

/** Rejects when a newer hostless wrote this database. */
export async function openStore(
  dialect: StoreDialect,
  { copyBefore, steps = MIGRATIONS, outdated = 'migrate' }: OpenOptions = {},
): Promise<Store> {
  const db = new Kysely<Tables>({ dialect: dialect.kysely })
  try {
    const version = await schemaVersion(db)
    if (version > steps.length) {
      throw new Error(
        `${dialect.place} has schema ${version}, this hostless knows up to ${steps.length}: start the newer hostless, or restore a backup`,
      )
    }
    if (version < steps.length) {
      if (outdated === 'refuse') throw new Error(`${dialect.place} is in use by an older hostless: restart the manager first`)
      if (version > 0 && copyBefore) await dialect.copyTo(db, copyBefore(version))
      await migrate(db, version, steps)
    }
  } catch (error) {
    await db.destroy()
    throw error
  }
  const writer = new GroupCommit(db, dialect)
  return {
    db,
    write: (change) => writer.write(change),
    copyTo: (file) => dialect.copyTo(db, file),
    close: async () => {
      await writer.idle()
      await db.destroy()
    },
  }
}
