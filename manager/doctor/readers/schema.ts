// Which schema the databases of manager and appliance have. They are only read, whether somebody works on them or not.
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { SCHEMA_VERSION } from '../../../appliance/store/database.ts'
import { placeOf, postgres } from '../../store/dialects/postgres.ts'
import { databasePath } from '../../store/files.ts'
import { MIGRATIONS, schemaVersion, VERSION_KEY } from '../../store/migrations/steps.ts'
import type { Tables } from '../../store/schema.ts'
import type { SeenSchema } from '../checks/schema.ts'
import { type Reading, read, unread } from '../finding.ts'

type SeenSchemas = readonly (Reading<SeenSchema> & { readonly subject: string })[]

/** `database`: the manager's, as the config has it; undefined where none runs on this machine. */
export async function readSchemas(applianceFile: string, dataDir: string, database: string | undefined): Promise<SeenSchemas> {
  const appliance = fileSchema(applianceFile, { known: SCHEMA_VERSION, isCopied: false }, (file) =>
    Number(file.pragma('user_version', { simple: true })),
  )
  if (database === undefined) return [appliance]
  const known = { known: MIGRATIONS.length, isCopied: true }
  if (database !== 'sqlite') return [appliance, await postgresSchema(database, known)]
  return [appliance, fileSchema(databasePath(dataDir), known, managerVersion)]
}

type Known = Pick<SeenSchema, 'known' | 'isCopied'>

function fileSchema(place: string, known: Known, versionIn: (file: Database.Database) => number): SeenSchemas[number] {
  if (!existsSync(place)) return { subject: place, ...read({ place, version: undefined, ...known }) }
  try {
    const file = new Database(place, { readonly: true, fileMustExist: true })
    try {
      return { subject: place, ...read({ place, version: versionIn(file), ...known }) }
    } finally {
      file.close()
    }
  } catch (error) {
    return { subject: place, ...unread<SeenSchema>(error instanceof Error ? error.message : String(error), 'run hostless doctor as root') }
  }
}

function managerVersion(file: Database.Database): number {
  const hasSettings = file.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'settings'").get()
  if (!hasSettings) return 0
  const row = file.prepare('SELECT value FROM settings WHERE key = ?').get(VERSION_KEY) as { readonly value: string } | undefined
  return Number(row?.value ?? 0)
}

async function postgresSchema(url: string, known: Known): Promise<SeenSchemas[number]> {
  const place = placeOf(url)
  const db = new Kysely<Tables>({ dialect: postgres(url, undefined).kysely })
  try {
    return { subject: place, ...read({ place, version: await schemaVersion(db), ...known }) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return {
      subject: place,
      ...unread<SeenSchema>(`it does not answer: ${why}`, 'start PostgreSQL, and see manager.database and PGPASSWORD'),
    }
  } finally {
    await db.destroy()
  }
}
