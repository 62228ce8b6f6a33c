// Only one manager works on one PostgreSQL database: a session holds an advisory lock as long as the manager runs, and takes it
// again when the connection was lost. Meanwhile another may have come; startWrite in postgres.ts sees to that.
import pg from 'pg'
import type { Log } from '../../../appliance/wire/log.ts'
import { connectionOptions, MANAGER_LOCK, placeOf, unreachable } from './postgres.ts'

const RETRY_AFTER = 1000

/** Undefined when another manager has it; otherwise what lets go of it. `log`: of losing and taking it again. */
export async function lockPostgres(url: string, log: Log): Promise<(() => Promise<void>) | undefined> {
  const lock = new ManagerLock(url, log)
  return (await lock.take()) ? () => lock.release() : undefined
}

class ManagerLock {
  readonly #url: string
  readonly #log: Log
  #client: pg.Client | undefined
  #retry: NodeJS.Timeout | undefined
  #released = false

  constructor(url: string, log: Log) {
    this.#url = url
    this.#log = log
  }

  async take(): Promise<boolean> {
    const client = new pg.Client(connectionOptions(this.#url))
    client.on('error', () => undefined) // `end` follows
    try {
      await client.connect()
      // The server lets go of it when this machine is gone, and has not said so, after 25 seconds.
      await client.query('SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3')
      const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1::int4, $2::int4) AS held', [...MANAGER_LOCK])
      if (!rows[0]?.held || this.#released) {
        await client.end()
        return false
      }
    } catch (error) {
      await client.end().catch(() => undefined)
      throw unreachable(placeOf(this.#url), error)
    }
    this.#client = client
    client.once('end', () => {
      if (this.#released) return
      this.#log.warn({ database: placeOf(this.#url) }, 'the connection that holds the lock of the database was lost')
      this.#takeLater()
    })
    return true
  }

  async release(): Promise<void> {
    this.#released = true
    clearTimeout(this.#retry)
    await this.#client?.end()
  }

  #takeLater(): void {
    if (this.#released) return
    this.#retry = setTimeout(() => {
      this.take().then(
        (held) => {
          if (held) this.#log.info({ database: placeOf(this.#url) }, 'the lock of the database is held again')
          else this.#takeLater()
        },
        () => this.#takeLater(),
      )
    }, RETRY_AFTER)
  }
}
