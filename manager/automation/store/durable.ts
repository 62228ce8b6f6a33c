// The store of automations in the manager's database. Each method is one transaction, which others share; none writes a word for a manager
// that a newer one has followed.
import type { Uuid } from '../../protocol/values.ts'
import type { Store, Transaction } from '../../store/database.ts'
import {
  type AutomationRow,
  addAutomation,
  addEntries,
  automationOf,
  automationOfKey,
  entriesAt,
  entriesOf,
  freeLocks,
  type HeldLockRow,
  locksOn,
  newestAutomations,
  openAutomations,
  setAutomationState,
} from '../../store/tables/automations.ts'
import { newestEpoch } from '../../store/tables/settings.ts'
import { type HeldLock, inTheWay, type TaskLock } from '../admission/locks.ts'
import { repeatOf } from '../admission/repeats.ts'
import type { Tagged } from '../effect.ts'
import { decodeEntries, encodeEntries, type JournalEntry } from '../journal.ts'
import {
  type AutomationReader,
  type AutomationRecord,
  type AutomationStore,
  type Batch,
  type Created,
  isOpen,
  type NewAutomation,
  type Recorded,
  STATES,
  type Stale,
  type State,
  type StateChange,
} from './store.ts'

export interface Claimed {
  readonly kind: 'taken'
  /** Minors and ports that were given out, by the part that they were claimed as. */
  readonly given: Readonly<Record<string, number>>
}

/** Who may use how much of what. In the transaction of what justifies it. */
export interface Claims {
  take(
    transaction: Transaction,
    holder: string,
    needs: readonly Tagged[],
  ): Promise<Claimed | { readonly kind: 'refused'; readonly reason: string }>
  release(transaction: Transaction, holder: string): Promise<void>
}

export interface DurableOptions {
  readonly store: Store
  /** Of this manager. */
  readonly epoch: number
  readonly claims: Claims
  /** What follows from what is written down: rows of the recipe's own. */
  readonly rows?: (transaction: Transaction, automation: string, entries: readonly JournalEntry[]) => Promise<void>
  /** What follows from an end: `record` is as it was before it. */
  readonly ended?: (transaction: Transaction, record: AutomationRecord, end: StateChange) => Promise<void>
  /** What tasks of this manager hold now. */
  readonly tasks?: { on(keys: readonly string[]): readonly TaskLock[] } | undefined
  /** So many entries are on disk. */
  readonly onRecorded?: ((entries: number) => void) | undefined
}

export function durableStore(options: DurableOptions): AutomationStore & AutomationReader {
  return new DurableStore(options)
}

class DurableStore implements AutomationStore, AutomationReader {
  readonly #options: DurableOptions
  /** Asked once a transaction, however many automations share it. */
  readonly #newest = new WeakMap<Transaction, Promise<number>>()

  constructor(options: DurableOptions) {
    this.#options = options
  }

  create(automation: NewAutomation): Promise<Created> {
    return this.#write((transaction) => this.#create(transaction, automation))
  }

  /** A commit of which nobody knows whether it was done is looked for, and not done twice. */
  async record(batch: Batch): Promise<Recorded> {
    try {
      const recorded = await this.#record(batch)
      if (recorded.kind === 'recorded') this.#options.onRecorded?.(batch.entries.length + recorded.answers.length)
      return recorded
    } catch (error) {
      const recorded = await this.#recordedBefore(batch)
      if (recorded) return recorded
      throw error
    }
  }

  #record({ automation, from, entries, change, claim }: Batch): Promise<Recorded> {
    return this.#write(async (transaction) => {
      const answers = claim ? [await this.#claim(transaction, automation, claim)] : []
      const all = [...entries, ...answers]
      if (all.length > 0) await addEntries(transaction, automation, from, encodeEntries(all))
      await this.#options.rows?.(transaction, automation, all)
      if (change) await this.#change(transaction, automation, change)
      return { kind: 'recorded', answers }
    })
  }

  update(automation: string, change: StateChange): Promise<Recorded> {
    return this.#write(async (transaction) => {
      await this.#change(transaction, automation, change)
      return { kind: 'recorded', answers: [] }
    })
  }

  async open(): Promise<readonly AutomationRecord[]> {
    return (await openAutomations(this.#options.store.db)).map(recordOf)
  }

  async journal(automation: string): Promise<readonly JournalEntry[]> {
    return (await entriesOf(this.#options.store.db, automation)).flatMap(decodeEntries)
  }

  async find(automation: string): Promise<AutomationRecord | undefined> {
    const row = await automationOf(this.#options.store.db, automation)
    return row && recordOf(row)
  }

  ofKey(key: string): Promise<{ readonly automation: string; readonly body: string } | undefined> {
    return automationOfKey(this.#options.store.db, key)
  }

  async newest(limit: number, about?: Uuid): Promise<readonly AutomationRecord[]> {
    return (await newestAutomations(this.#options.store.db, limit, about)).map(recordOf)
  }

  async #recordedBefore({ automation, from, entries, claim }: Batch): Promise<Recorded | undefined> {
    if (entries.length === 0 && !claim) return undefined
    const json = await entriesAt(this.#options.store.db, automation, from)
    const there = json === undefined ? [] : decodeEntries(json)
    const answers = there.slice(entries.length)
    const isSame = answers.length === (claim ? 1 : 0) && encodeEntries(there.slice(0, entries.length)) === encodeEntries(entries)
    return isSame ? { kind: 'recorded', answers } : undefined
  }

  #write<Value>(change: (transaction: Transaction) => Promise<Value>): Promise<Value | Stale> {
    return this.#options.store.write(async (transaction) => {
      const asked = this.#newest.get(transaction) ?? newestEpoch(transaction)
      this.#newest.set(transaction, asked)
      const newest = await asked
      const { epoch } = this.#options
      if (newest === epoch) return change(transaction)
      return { kind: 'stale', reason: `a newer manager has started (epoch ${newest}, this one is ${epoch}): ask that one` }
    })
  }

  async #create(transaction: Transaction, { locks, repeat, within, outdated, ...record }: NewAutomation): Promise<Created> {
    const known = repeat && (await automationOfKey(transaction, repeat.key))
    const repeated = repeatOf(repeat?.body ?? '', known)
    if (repeated.kind === 'same') return { kind: 'repeated', automation: repeated.automation }
    if (repeated.kind === 'other') return { kind: 'reused', automation: repeated.automation }
    const keys = locks.map(({ key }) => key)
    const held = (await locksOn(transaction, keys)).map(heldLockOf)
    const by = inTheWay(locks, [...held, ...(this.#options.tasks?.on(keys) ?? [])], within)
    if (by) return { kind: 'held', by }
    const reason = await outdated(transaction)
    if (reason !== undefined) return { kind: 'outdated', reason }
    const row: AutomationRow = {
      ...record,
      args: JSON.stringify(record.args),
      ...{ state: 'queued', reason: null, ended: null },
      repeat_key: repeat?.key ?? null,
      repeat_body: repeat?.body ?? null,
    }
    await addAutomation(
      transaction,
      row,
      locks.map(({ key, name, access }) => ({ key, name, access })),
    )
    return { kind: 'created' }
  }

  async #claim(
    transaction: Transaction,
    automation: string,
    { step, at, needs }: { readonly step: string; readonly at: number; readonly needs: readonly Tagged[] },
  ): Promise<JournalEntry> {
    const taken = await this.#options.claims.take(transaction, automation, needs)
    const effect = { kind: 'claim', needs } as const
    return {
      ...{ kind: 'answered', step, at, effect },
      answer: taken.kind === 'taken' ? { kind: 'value', value: taken.given } : { kind: 'failed', cause: 'taken', reason: taken.reason },
    }
  }

  async #change(transaction: Transaction, automation: string, { state, reason, at }: StateChange): Promise<void> {
    if (!isOpen(state)) await this.#ended(transaction, automation, { state, reason, at })
    await setAutomationState(transaction, automation, { state, reason: reason ?? null, ended: isOpen(state) ? null : at })
    if (isOpen(state)) return
    await freeLocks(transaction, automation)
    await this.#options.claims.release(transaction, automation)
  }

  async #ended(transaction: Transaction, automation: string, end: StateChange): Promise<void> {
    const row = this.#options.ended && (await automationOf(transaction, automation))
    if (row) await this.#options.ended?.(transaction, recordOf(row), end)
  }
}

function recordOf({ id, recipe, version, args, title, who, seed, state, reason, created, ended }: AutomationRow): AutomationRecord {
  return {
    ...{ id, recipe, version, title, who, seed, created },
    args: JSON.parse(args) as unknown,
    state: stateOf(id, state),
    reason: reason ?? undefined,
    ended: ended ?? undefined,
  }
}

function stateOf(id: string, text: string): State {
  const state = STATES.find((one) => one === text)
  if (!state) throw new Error(`automation ${id} is ${text}, which this hostless does not know: start the newer one`)
  return state
}

export function heldLockOf({ key, automation, name, access, title, who }: HeldLockRow): HeldLock {
  return { key, automation, name, access: access === 'shared' ? 'shared' : 'exclusive', title, who }
}
