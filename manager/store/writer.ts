// Many writers, few commits: changes that come while a commit is under way share the next one, so that a thousand hosts that
// come back at once cost a few waits for the disk and not a thousand.
import { setImmediate as turn } from 'node:timers/promises'
import type { Kysely, Transaction as KyselyTransaction } from 'kysely'
import type { StoreDialect } from './dialects/dialect.ts'
import type { Tables } from './schema.ts'

export type Transaction = KyselyTransaction<Tables>

interface Waiting {
  readonly change: (transaction: Transaction) => Promise<unknown>
  readonly done: (value: unknown) => void
  readonly failed: (reason: unknown) => void
}

/** How far a commit came. */
type Stage = 'beginning' | 'changing' | 'committing' | 'done'

/** Of one commit: bounds what a rollback must do again. */
const MOST = 256

export class GroupCommit {
  readonly #db: Kysely<Tables>
  readonly #dialect: Pick<StoreDialect, 'startWrite' | 'explain'>
  readonly #waiting: Waiting[] = []
  #draining: Promise<void> | undefined

  constructor(db: Kysely<Tables>, dialect: Pick<StoreDialect, 'startWrite' | 'explain'>) {
    this.#db = db
    this.#dialect = dialect
  }

  write<Value>(change: (transaction: Transaction) => Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, done: (value) => resolve(value as Value), failed: reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#draining) await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // SQLite's commit holds this thread: what other sockets have brought meanwhile is only heard in the next turn.
      await turn()
      await this.#commit(this.#waiting.splice(0, MOST))
    }
    this.#draining = undefined
  }

  /**
   * One that fails takes nothing of the others with it: they run again, each by itself. Not so when the commit itself fails, for
   * then it may have been done, and not when the database cannot be reached: each would wait for it anew.
   */
  async #commit(batch: readonly Waiting[]): Promise<Stage> {
    let stage: Stage = 'beginning'
    try {
      const values = await this.#db.transaction().execute(async (transaction) => {
        await this.#dialect.startWrite(transaction)
        stage = 'changing'
        const made: unknown[] = []
        for (const { change } of batch) made.push(await change(transaction))
        stage = 'committing'
        return made
      })
      for (const [at, { done }] of batch.entries()) done(values[at])
      return 'done'
    } catch (error) {
      if (batch.length > 1 && (stage as Stage) === 'changing') await this.#commitEach(batch)
      else for (const { failed } of batch) failed(this.#dialect.explain(error))
      return stage
    }
  }

  async #commitEach(batch: readonly Waiting[]): Promise<void> {
    for (const [at, one] of batch.entries()) {
      if ((await this.#commit([one])) === 'beginning') {
        const rest = batch.slice(at + 1)
        if (rest.length > 0) await this.#commit(rest)
        return
      }
    }
  }
}
