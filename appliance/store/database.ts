// The appliance's own SQLite file: leases, boot attempts, the last known plan.
// Synchronous on purpose: what was acknowledged is on disk before the answer leaves.
import Database from 'better-sqlite3'
import { keepPrivate } from './private-file.ts'

export type Store = Database.Database

/** One forward step of the schema. Append only: the position in the list is the version. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE leases (
     address TEXT PRIMARY KEY,           -- one lease per address
     subnet  TEXT NOT NULL,              -- network/prefix the lease belongs to
     mac     TEXT,                       -- null: declined, nobody's
     kind    TEXT NOT NULL,              -- offered | bound | permanent | released | declined
     expires INTEGER,                    -- ms since the epoch; null: never
     UNIQUE (subnet, mac)
   ) STRICT;
   CREATE TABLE attempts (
     id         TEXT PRIMARY KEY,
     mac        TEXT NOT NULL,
     started    INTEGER NOT NULL,        -- ms since the epoch
     image      TEXT,
     generation TEXT,
     token_hash TEXT
   ) STRICT;
   CREATE INDEX attempts_by_mac ON attempts (mac, started);
   CREATE TABLE boot_events (
     attempt TEXT NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
     seq     INTEGER NOT NULL,
     at      INTEGER NOT NULL,           -- ms since the epoch
     event   TEXT NOT NULL,              -- JSON
     PRIMARY KEY (attempt, seq)
   ) STRICT;`,
  `CREATE TABLE unpushed_tokens (
     attempt    TEXT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
     seq        INTEGER NOT NULL UNIQUE, -- in the order of issue
     mac        TEXT NOT NULL,
     address    TEXT NOT NULL,
     uuid       TEXT,
     token_hash TEXT NOT NULL,
     issued     INTEGER NOT NULL         -- ms since the epoch
   ) STRICT;
   CREATE TABLE identity (
     id TEXT PRIMARY KEY
   ) STRICT;
   CREATE TABLE plan (
     one  INTEGER PRIMARY KEY CHECK (one = 1),
     etag TEXT NOT NULL,
     plan TEXT NOT NULL                  -- JSON, as the manager gave it last
   ) STRICT;`,
  `CREATE TABLE followed_orders (
     id      TEXT PRIMARY KEY,           -- of the order
     attempt TEXT NOT NULL UNIQUE,       -- may be forgotten before its order is
     mac     TEXT NOT NULL,
     what    TEXT NOT NULL,
     at      INTEGER NOT NULL,           -- ms since the epoch
     told    INTEGER NOT NULL DEFAULT 0  -- 1: the manager has it
   ) STRICT;`,
]

/** The newest that this hostless knows. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** Opens the file, or ':memory:', and brings its schema up to date. Throws when a newer hostless wrote it. */
export function openStore(file: string): Store {
  if (file !== ':memory:') keepPrivate(file)
  const store = new Database(file)
  store.pragma('journal_mode = WAL')
  store.pragma('synchronous = FULL')
  store.pragma('foreign_keys = ON')
  const version = store.pragma('user_version', { simple: true }) as number
  if (version > MIGRATIONS.length) {
    store.close()
    throw new Error(
      `${file} has schema ${version}, this hostless knows up to ${MIGRATIONS.length}: start the newer hostless, or restore a backup`,
    )
  }
  store.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) store.exec(step)
    store.pragma(`user_version = ${MIGRATIONS.length}`)
  })()
  return store
}
