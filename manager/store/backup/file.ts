// A file that somebody gives us for a backup: looked at before anything of it is believed, and its rows alone are taken. Its views and
// triggers would run in our hands, and an endless view keeps a thread for ever: with any of them it is refused unread.
import { open } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { checkSqlite, into } from '../dialects/sqlite.ts'
import { AUDIT_KEY } from '../keys/audit-witness.ts'
import { AUTHORITY_CERTIFICATE, AUTHORITY_KEY, SITE_SECRET } from '../keys/authority.ts'
import { authorityFrom } from '../keys/certificate.ts'
import { SEALING_KEY } from '../keys/sealing.ts'
import { MIGRATIONS } from '../migrations/steps.ts'
import { insertRows, pages, type Row, tablesOf, withSchema } from './portable.ts'

export const KEYS_TABLE = 'backup_keys'

/** Without these a restored database would trust none of the hosts that run. */
export const KEYS = [AUTHORITY_KEY, AUTHORITY_CERTIFICATE, SITE_SECRET] as const

/** Of later versions: a data directory or a backup from before has none. */
export const LATER_KEYS = [SEALING_KEY, AUDIT_KEY] as const

/** Bytes; ten thousand hosts with a year of history are a tenth of it. */
const MOST_BYTES = 8 * 2 ** 30
/** For all rows, ms. */
const MOST_TIME = 600_000
/** Characters of one key. */
const LONGEST_KEY = 16 << 10

export interface Key {
  readonly name: string
  readonly content: string
}

export interface BackupFile {
  readonly version: number
  readonly keys: readonly Key[]
}

/** Rejects, having changed nothing, when it is not what `hostless backup` has made. */
export async function checkBackup(file: string): Promise<BackupFile> {
  await checkForm(file)
  const database = openGuarded(file)
  try {
    if (!isTable(database, KEYS_TABLE) || !isTable(database, 'settings')) throw new Error(`${file} is no backup of hostless`)
    await checkSchema(database, file)
    checkSqlite(file)
    const version = versionOf(database, file)
    const rows = database.prepare(`SELECT name, content FROM ${KEYS_TABLE} WHERE length(content) <= ?`).all(LONGEST_KEY) as Key[]
    const keys = [...KEYS, ...LATER_KEYS].flatMap((name) => rows.filter((row) => row.name === name && typeof row.content === 'string'))
    if (!KEYS.every((name) => keys.some((key) => key.name === name))) {
      throw new Error(`${file} lacks keys: it is no whole backup of hostless`)
    }
    await checkKeys(keys, file)
    return { version, keys }
  } finally {
    database.close()
  }
}

/** Its rows in a new database at `target`, with the schema as this hostless makes it. `elapsed`: milliseconds. */
export async function copyRows(file: string, version: number, target: string, elapsed: () => number): Promise<void> {
  const end = elapsed() + MOST_TIME
  const source = openGuarded(file)
  try {
    await into(target, () =>
      withSchema(target, version, async (draft) => {
        draft.pragma('foreign_keys = OFF')
        for (const table of tablesOf(draft)) {
          draft.exec(`DELETE FROM "${table}"`)
          for (const rows of pages(source.prepare(`SELECT * FROM "${table}"`).iterate() as Iterable<Row>)) {
            if (elapsed() > end) throw new Error(`${file} takes longer than ${MOST_TIME / 60_000} minutes to read`)
            insertRows(draft, table, rows)
          }
        }
      }),
    )
  } finally {
    source.close()
  }
}

async function checkKeys(keys: readonly Key[], file: string): Promise<void> {
  const contentOf = (wanted: string) => keys.find(({ name }) => name === wanted)?.content
  const [key = '', pem = '', secret = ''] = KEYS.map(contentOf)
  await authorityFrom(key, pem, AUTHORITY_CERTIFICATE).catch((cause: unknown) => {
    throw new Error(`${file}: its ${AUTHORITY_KEY} and ${AUTHORITY_CERTIFICATE} are no pair, hosts that run would not be let in`, { cause })
  })
  if (!/^[\w-]{43}\s*$/.test(secret)) throw new Error(`${file}: its ${SITE_SECRET} is no secret of a site`)
  for (const name of LATER_KEYS) {
    const content = contentOf(name)
    if (content !== undefined && Buffer.from(content, 'base64').length !== 32) throw new Error(`${file}: its ${name} is no key`)
  }
}

/** A journal beside a file is written into it when it is opened: ours has none. */
async function checkForm(file: string): Promise<void> {
  const opened = await open(file, 'r').catch((cause: unknown) => {
    throw new Error(`${file} cannot be opened`, { cause })
  })
  try {
    const stats = await opened.stat()
    if (!stats.isFile()) throw new Error(`${file} is no regular file`)
    if (stats.size > MOST_BYTES) throw new Error(`${file} has ${stats.size} bytes, and a backup at most ${MOST_BYTES}`)
    const header = Buffer.alloc(20)
    await opened.read(header, 0, header.length, 0)
    // https://www.sqlite.org/fileformat.html, 1.3: the string, and at 18 and 19 what kind of journal it is written with.
    if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') throw new Error(`${file} is damaged, or no backup of hostless`)
    if (header.readUInt8(18) !== 1 || header.readUInt8(19) !== 1) throw new Error(`${file} is no backup of hostless`)
  } finally {
    await opened.close()
  }
}

function openGuarded(file: string): Database.Database {
  const database = new Database(file, { readonly: true, fileMustExist: true })
  database.pragma('trusted_schema = OFF')
  database.pragma('cell_size_check = ON')
  return database
}

interface Thing {
  readonly type: string
  readonly name: string
  readonly tbl_name: string
  readonly rootpage: number
  readonly sql: string | null
}

function thingsOf(database: Database.Database): readonly Thing[] {
  const things = database.prepare('SELECT type, name, tbl_name, rootpage, sql FROM sqlite_master LIMIT 1000').all() as Thing[]
  return things.filter(({ name, sql }) => !(name.startsWith('sqlite_') && sql === null))
}

function isTable(database: Database.Database, name: string): boolean {
  return thingsOf(database).some((thing) => thing.type === 'table' && thing.name === name && thing.rootpage > 0)
}

/** What SQLite would evaluate while it reads or checks (views, triggers, generated columns, expressions) is in the schema's text. */
async function checkSchema(database: Database.Database, file: string): Promise<void> {
  const refuse = (what: string): never => {
    throw new Error(`${file} holds ${what}, which no backup of hostless does: nothing of it is taken`)
  }
  const things = thingsOf(database)
  const foreign = things.find(({ type }) => type !== 'table' && type !== 'index')
  if (foreign) refuse(`the ${foreign.type} ${JSON.stringify(foreign.name).slice(0, 80)}`)
  const settings = things.find(({ name }) => name === 'settings')
  if (!settings || textOf(settings) !== (await schemaOf(1)).get('table settings')) refuse('another table "settings"')
  const ours = await schemaOf(versionOf(database, file))
  for (const thing of things) {
    const { type, name, rootpage } = thing
    if (rootpage <= 0 || ours.get(`${type} ${name}`) !== textOf(thing)) refuse(`the ${type} ${JSON.stringify(name).slice(0, 80)}`)
  }
  const missing = [...ours.keys()].find((key) => !things.some(({ type, name }) => `${type} ${name}` === key))
  if (missing !== undefined) throw new Error(`${file} lacks the ${missing}: it is no whole backup of hostless`)
}

function schemaOf(version: number): Promise<ReadonlyMap<string, string>> {
  return withSchema(':memory:', version, async (fresh) => {
    fresh.exec(`CREATE TABLE ${KEYS_TABLE} (name TEXT PRIMARY KEY, content TEXT NOT NULL)`)
    return new Map(thingsOf(fresh).map((thing) => [`${thing.type} ${thing.name}`, textOf(thing)]))
  })
}

const textOf = ({ tbl_name: table, sql }: Thing): string => `${table} ${(sql ?? '').replace(/\s+/g, ' ')}`

function versionOf(database: Database.Database, file: string): number {
  const found: unknown = database.prepare("SELECT value FROM settings WHERE key = 'schema'").pluck().get()
  const version = typeof found === 'string' && /^\d{1,6}$/.test(found) ? Number(found) : 0
  if (version < 1) throw new Error(`${file} does not say which schema it has: it is no backup of hostless`)
  if (version > MIGRATIONS.length) throw new Error(`${file} is of a newer hostless, with schema ${version}: restore it with that`)
  return version
}
