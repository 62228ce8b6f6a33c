// PostgreSQL as the manager's database, for when one machine is not enough. Tables lie in the schema public.
import {
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  PostgresQueryCompiler,
  type QueryCompiler,
  sql,
} from 'kysely'
import pg from 'pg'
import { copyFromPostgres } from '../backup/portable.ts'
import type { Transaction } from '../writer.ts'
import { type StoreDialect, WriteFailure } from './dialect.ts'

const CONNECT_TIMEOUT = 5000
/** Reads go on beside the one that writes. */
const CONNECTIONS = 8
/** SQLSTATE: connection exceptions, and the server's own end. */
const LOST = /^(08|57P0[123])/
/** Advisory locks of this database: `host` in ASCII, and which. */
const LOCKS = 0x686f7374
export const MANAGER_LOCK = [LOCKS, 1] as const
const WRITE_LOCK = [LOCKS, 2] as const

/** `owner`: writes only while `settings` names it; undefined for who does not manage. */
export function postgres(url: string, owner: string | undefined): StoreDialect {
  const place = placeOf(url)
  return {
    place,
    kysely: new OurDialect(poolOf(url, place)),
    startWrite: (transaction) => startWrite(transaction, place, owner),
    explain: (error) => explain(error, place),
    copyTo: copyFromPostgres,
  }
}

/** One writer at a time, as with SQLite: what a change reads stays so until it is committed. */
async function startWrite(transaction: Transaction, place: string, owner: string | undefined): Promise<void> {
  const [space, which] = WRITE_LOCK
  await sql`SELECT pg_advisory_xact_lock(${space}::int4, ${which}::int4)`.execute(transaction)
  if (owner === undefined) return
  const row = await transaction.selectFrom('settings').select('value').where('key', '=', OWNER_KEY).executeTakeFirst()
  if (row?.value !== owner) throw new Error(`another hostless manager has taken over the ${place}: this one changes nothing any more`)
}

/** Of `settings`: the manager that may write. */
export const OWNER_KEY = 'owner'

class OurDialect extends PostgresDialect {
  readonly #pool: PostgresPool

  constructor(pool: PostgresPool) {
    super({ pool })
    this.#pool = pool
  }

  override createDriver(): Driver {
    return new OurDriver({ pool: this.#pool })
  }

  override createQueryCompiler(): QueryCompiler {
    return new OurCompiler()
  }
}

class OurDriver extends PostgresDriver {
  /** A connection that is lost has been rolled back by the server, and to fail once more would hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch(() => undefined)
  }
}

class OurCompiler extends PostgresQueryCompiler {
  /** PostgreSQL's text has no NUL: what anyone sends us must not make a query fail. */
  protected override addParameter(parameter: unknown): void {
    super.addParameter(typeof parameter === 'string' ? parameter.replaceAll('\0', '\ufffd') : parameter)
  }
}

export function connectionOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'hostless',
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    keepAlive: true,
    // What a machine that died has begun must not keep the others from writing.
    idle_in_transaction_session_timeout: 60_000,
    types: {
      // Times and counts fit a double, and SQLite gives numbers, too.
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        id === pg.types.builtins.INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(id, format as 'text'),
    },
  }
}

function poolOf(url: string, place: string): PostgresPool {
  const pool = new pg.Pool({ ...connectionOptions(url), max: CONNECTIONS })
  // Of a connection that nobody uses: the next one is opened when it is needed. Without a listener the process would end.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return {
    connect: () =>
      pool.connect().catch((cause: unknown) => {
        throw unreachable(place, cause)
      }),
    end: () => pool.end(),
  }
}

export function unreachable(place: string, cause: unknown): Error {
  return new Error(`the ${place} cannot be reached: is PostgreSQL running, and may this user connect?`, { cause })
}

function explain(error: unknown, place: string): unknown {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : ''
  if (code === '53100') return new WriteFailure(`no space is left for the ${place}: nothing of this change was kept`, code, error)
  const lost = LOST.test(code) || (error instanceof Error && /^Connection terminated|not queryable|ECONNRESET|EPIPE/.test(error.message))
  return lost ? new WriteFailure(`the connection to the ${place} was lost: this change may not have been kept`, code, error) : error
}

/** Without a password. Throws when it cannot be understood. */
export function placeOf(url: string): string {
  try {
    const { database, host, port } = new pg.Client(url)
    return `PostgreSQL database ${database ?? ''} on ${host}${host.startsWith('/') ? '' : `:${port}`}`
  } catch {
    throw new Error('manager.database cannot be understood: postgres://USER:PASSWORD@HOST/NAME can')
  }
}
