// The audit's entry of an act, written in the transaction of that act: neither is there without the other. An act that writes nothing
// has an entry of its own. What is refused in its transaction has none here: a refusal may be repeated without end (audit-bound.ts).
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Done } from '../outcome.ts'
import type { Store } from '../store/database.ts'
import { addAudit } from '../store/tables/audit.ts'
import type { Act } from './audit-bound.ts'

/** `stage`: whose turn it is to write the entry. */
interface Open {
  readonly act: Act
  stage: 'nobody' | 'writing' | 'written' | 'over'
  writing: Promise<unknown>
}

export class Acting {
  readonly #acts = new AsyncLocalStorage<Open>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The store whose writes take the entry of the act that they are of. */
  through(store: Store): Store {
    return { ...store, write: (change) => this.#write(store, change) }
  }

  /** `alone`: writes the entry of an act that is done and has written nothing. */
  async perform<Value>(act: Act, handler: () => Promise<Done<Value>>, alone: (act: Act) => Promise<void>): Promise<Done<Value>> {
    const open: Open = { act, stage: 'nobody', writing: Promise.resolve() }
    try {
      const answer = await this.#acts.run(open, handler)
      await open.writing
      const hasNoEntry = answer.kind === 'done' && open.stage === 'nobody'
      // What the act has set going writes for itself from here on.
      open.stage = 'over'
      if (hasNoEntry) await alone(act)
      return answer
    } finally {
      open.stage = 'over'
    }
  }

  async #write<Value>(store: Store, change: Parameters<typeof store.write<Value>>[0]): Promise<Value> {
    const open = this.#acts.getStore()
    if (open?.stage !== 'nobody') return store.write(change)
    open.stage = 'writing'
    const writing = this.#writeWith(open, store, change)
    open.writing = writing.catch(() => {})
    return writing
  }

  async #writeWith<Value>(open: Open, store: Store, change: Parameters<typeof store.write<Value>>[0]): Promise<Value> {
    let wrote = false
    try {
      const { value, entry } = await store.write(async (transaction) => {
        const made = await change(transaction)
        const added = isRefusal(made) ? undefined : await addAudit(transaction, { ...open.act, at: this.#now() }, store.witness?.key)
        return { value: made, entry: added }
      })
      wrote = entry !== undefined
      if (entry) store.witness?.wrote(entry)
      return value
    } finally {
      if (open.stage === 'writing') open.stage = wrote ? 'written' : 'nobody'
    }
  }
}

/** `held`, `reused`, `stale`: an automation was not started. */
const REFUSALS: ReadonlySet<unknown> = new Set(['refused', 'missing', 'held', 'reused', 'stale'])

function isRefusal(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && REFUSALS.has(value.kind)
}
