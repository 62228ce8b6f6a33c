// The columns of every table, as kysely sees them: each file of tables/ adds its own, beside the steps that made them and the queries.
// Times are milliseconds since the epoch; JSON is text, so that SQLite and PostgreSQL hold the same; a flag is 0 or 1.
import type { Kysely } from 'kysely'

// biome-ignore lint/suspicious/noEmptyInterface: the files of tables/ add to it, which a type would not let them.
export interface Tables {}

/** One step of the schema, within the transaction that also writes the version. */
export type Migration = (db: Kysely<Tables>) => Promise<void>

/** Those of one table, by their place among all steps: the next has the number after the greatest of all. */
export type Steps = Readonly<Record<number, Migration>>
