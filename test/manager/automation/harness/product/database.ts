// The manager's database of a simulated run: the product's own, in memory, once a process. It is put back to what was kept of it before
// each run; each manager has a view of its own, which ends with it, and commits go wrong as ordered.
import Database from 'better-sqlite3'
import { openStore, type Store, type Transaction } from '../../../../../manager/store/database.ts'
import { sqliteOn } from '../../../../../manager/store/dialects/sqlite.ts'
import { nextEpoch } from '../../../../../manager/store/tables/settings.ts'
import type { SimulatedClock } from '../clock.ts'
import type { Life } from '../life.ts'
import type { CommitFault } from './faults.ts'

type Row = Readonly<Record<string, unknown>>
/** All rows but those of automations, by table: those that others refer to first. */
export type Kept = readonly (readonly [table: string, rows: readonly Row[]])[]

const KEPT = ['settings', 'guests', 'guest_disks', 'claims'] as const
const TABLES = [...KEPT, 'automations', 'automation_journal', 'automation_locks', 'move_rates', 'moves', 'homes'] as const

export interface PoolDatabase {
  readonly store: Store
  /** What stands in a table, of what was committed; not while a commit is under way. */
  rows(sql: string): readonly Row[]
  keep(): Kept
  putBack(kept: Kept): void
}

let opened: Promise<PoolDatabase> | undefined

export function poolDatabase(): Promise<PoolDatabase> {
  opened ??= open()
  return opened
}

async function open(): Promise<PoolDatabase> {
  const database = new Database(':memory:')
  const store = await openStore(sqliteOn(database, ':memory:'))
  const statements = new Map<string, Database.Statement>()
  const prepared = (sql: string): Database.Statement => {
    const known = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, known)
    return known
  }
  const rows = (sql: string): readonly Row[] => prepared(sql).all() as Row[]
  return {
    ...{ store, rows },
    keep: () => KEPT.map((table) => [table, rows(`SELECT * FROM ${table}`)]),
    putBack: database.transaction((kept: Kept) => {
      for (const table of [...TABLES].reverse()) prepared(`DELETE FROM ${table}`).run()
      for (const [table, all] of kept) {
        for (const row of all) {
          const columns = Object.keys(row)
          prepared(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`).run(...Object.values(row))
        }
      }
    }),
  }
}

export interface LivesOptions {
  readonly database: PoolDatabase
  readonly clock: SimulatedClock
  readonly faultAt: (commit: number) => CommitFault | undefined
  readonly onFault: (fault: CommitFault, life: Life) => void
}

const COMMIT = 2

/** The store as each manager has it. */
export class Lives {
  commits = 0
  /** How many commits are under way. */
  writing = 0
  epoch = 0
  readonly #options: LivesOptions

  constructor(options: LivesOptions) {
    this.#options = options
  }

  /** From now on older managers write nothing. */
  async next(): Promise<Life> {
    const epoch = await this.#write((transaction) => nextEpoch(transaction))
    this.epoch = epoch
    return { epoch, isAlive: true }
  }

  viewOf(life: Life): Store {
    const { store } = this.#options.database
    return { ...store, write: (change) => this.#commit(life, change) }
  }

  #commit<Value>(life: Life, change: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    const { clock, faultAt, onFault } = this.#options
    return new Promise((resolve, reject) => {
      clock.after(COMMIT, () => {
        if (!life.isAlive) return
        this.commits += 1
        const fault = faultAt(this.commits)
        if (fault === 'disk full') return reject(new Error('no space is left'))
        if (fault === 'killed before' || fault === 'joined before') onFault(fault, life)
        if (!life.isAlive) return
        this.#write(change).then(
          (value) => {
            if (fault === 'killed after' || fault === 'joined after') onFault(fault, life)
            if (life.isAlive) resolve(value)
          },
          (error: unknown) => life.isAlive && reject(error),
        )
      })
    })
  }

  async #write<Value>(change: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    this.writing += 1
    try {
      return await this.#options.database.store.write(change)
    } finally {
      this.writing -= 1
    }
  }
}
