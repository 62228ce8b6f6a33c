// Many writers, few commits: changes that come while a commit is under way share the next one, so that a thousand hosts that
// come back at once cost a few waits for the disk and not a thousand.
import type { Kysely, Transaction as KyselyTransaction } from 'kysely'
import type { Tables } from './schema.ts'

export type Transaction = KyselyTransaction<Tables>

interface Waiting {
  readonly change: (transaction: Transaction) => Promise<unknown>
  readonly done: (value: unknown) => void
  readonly failed: (reason: unknown) => void
}

/** Of one commit: bounds what a rollback must do again. */
const MOST = 256

export class GroupCommit {
  readonly #db: Kysely<Tables>
  readonly #waiting: Waiting[] = []
  #draining: Promise<void> | undefined

  constructor(db: Kysely<Tables>) {
    this.#db = db
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
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, MOST))
    this.#draining = undefined
  }

  /** One that fails takes nothing of the others with it: they run again, each by itself. */
  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const values = await this.#db.transaction().execute(async (transaction) => {
        const made: unknown[] = []
        for (const { change } of batch) made.push(await change(transaction))
        return made
      })
      for (const [at, { done }] of batch.entries()) done(values[at])
    } catch (error) {
      const [only] = batch
      if (batch.length === 1) only?.failed(error)
      else for (const one of batch) await this.#commit([one])
    }
  }
}
