// A store in memory that commits after a while, and is watched: what is acknowledged stays, what is written is never changed, one newer
// manager keeps all older ones out. Each manager has a view of its own, which ends with it.
import { type HeldLock, inTheWay } from '../../../../../manager/automation/admission/locks.ts'
import { repeatOf } from '../../../../../manager/automation/admission/repeats.ts'
import { encodeEntries, type JournalEntry } from '../../../../../manager/automation/journal.ts'
import {
  type AutomationReader,
  type AutomationRecord,
  type AutomationStore,
  type Batch,
  type Created,
  isOpen,
  type NewAutomation,
  type Recorded,
  type Stale,
  type StateChange,
} from '../../../../../manager/automation/store/store.ts'
import type { SimulatedClock } from '../clock.ts'
import type { Life } from '../life.ts'
import type { CommitFault } from './faults.ts'

export interface StoreView extends AutomationStore, AutomationReader {}

interface Row {
  record: AutomationRecord
  readonly repeat: NewAutomation['repeat']
  /** As it would be read from a disk: nothing of it is shared with who wrote it. */
  readonly journal: JournalEntry[]
  readonly started: Set<string>
}

export interface MemoryStoreOptions {
  readonly clock: SimulatedClock
  /** Before the n-th commit, and after it. */
  readonly faultAt: (commit: number) => CommitFault | undefined
  readonly onFault: (fault: CommitFault, life: Life) => void
  readonly isTaken: () => boolean
  readonly onRecord: (record: AutomationRecord, entries: readonly JournalEntry[]) => void
}

const COMMIT = 2

export class MemoryStore {
  readonly rows = new Map<string, Row>()
  readonly claims = new Map<string, number>()
  commits = 0
  readonly broken: string[] = []
  #locks: HeldLock[] = []
  #epoch = 0
  readonly #options: MemoryStoreOptions

  constructor(options: MemoryStoreOptions) {
    this.#options = options
  }

  /** From now on older managers write nothing. */
  nextLife(): Life {
    this.#epoch += 1
    return { epoch: this.#epoch, isAlive: true }
  }

  get epoch(): number {
    return this.#epoch
  }

  locks(): readonly HeldLock[] {
    return this.#locks
  }

  journalOf(id: string): readonly JournalEntry[] {
    return this.rows.get(id)?.journal ?? []
  }

  hasStarted(id: string, step: string): boolean {
    return this.rows.get(id)?.started.has(step) ?? false
  }

  view(life: Life): StoreView {
    return {
      create: (automation) => this.#commit(life, () => this.#create(automation)),
      record: (batch) => this.#commit(life, () => this.#record(batch)),
      update: (id, change) => this.#commit(life, () => this.#update(id, change)),
      open: async () => [...this.rows.values()].map(({ record }) => record).filter(({ state }) => isOpen(state)),
      journal: async (id) => [...this.journalOf(id)],
      find: async (id) => this.rows.get(id)?.record,
      ofKey: async (key) => {
        const row = [...this.rows.values()].find(({ repeat }) => repeat?.key === key)
        return row?.repeat && { automation: row.record.id, body: row.repeat.body }
      },
      newest: async () => [...this.rows.values()].map(({ record }) => record),
    }
  }

  #commit<Value>(life: Life, write: () => Value | Stale): Promise<Value | Stale> {
    const { clock, faultAt, onFault } = this.#options
    return new Promise((resolve, reject) => {
      clock.after(COMMIT, () => {
        if (!life.isAlive) return
        this.commits += 1
        const fault = faultAt(this.commits)
        if (fault === 'disk full') return reject(new Error('no space is left'))
        if (fault === 'killed before' || fault === 'joined before') onFault(fault, life)
        if (!life.isAlive) return
        const value = life.epoch < this.#epoch ? { kind: 'stale' as const, reason: `epoch ${life.epoch} after ${this.#epoch}` } : write()
        if (fault === 'killed after' || fault === 'joined after') onFault(fault, life)
        if (life.isAlive) resolve(value)
      })
    })
  }

  #create({ locks, repeat, within, ...automation }: NewAutomation): Created {
    const before = [...this.rows.values()].find((row) => repeat && row.repeat?.key === repeat.key)
    const known = before?.repeat && { automation: before.record.id, body: before.repeat.body }
    const repeated = repeatOf(repeat?.body ?? '', known)
    if (repeated.kind === 'same') return { kind: 'repeated', automation: repeated.automation }
    if (repeated.kind === 'other') return { kind: 'reused', automation: repeated.automation }
    const by = inTheWay(locks, this.#locks, within)
    if (by) return { kind: 'held', by }
    const { id, title, who } = automation
    this.rows.set(id, {
      record: { ...automation, state: 'queued', reason: undefined, ended: undefined },
      repeat,
      journal: [],
      started: new Set(),
    })
    this.#locks = [...this.#locks, ...locks.map((lock) => ({ ...lock, automation: id, title, who }))]
    return { kind: 'created' }
  }

  #record({ automation, from, entries, claim, change }: Batch): Recorded {
    const row = this.rows.get(automation)
    if (!row) return { kind: 'stale', reason: `there is no ${automation}` }
    const there = this.journalOf(automation).length
    if (from !== there) this.broken.push(`I3: ${automation} has ${there} entries, and is written on from ${from}`)
    if (!isOpen(row.record.state)) this.broken.push(`I3: ${automation} is ${row.record.state}, and is written on`)
    const answers: JournalEntry[] = []
    if (claim) {
      const { step, at, needs } = claim
      const isTaken = this.#options.isTaken()
      if (!isTaken) this.claims.set(automation, (this.claims.get(automation) ?? 0) + 1)
      answers.push({
        ...{ kind: 'answered', step, at, effect: { kind: 'claim', needs } },
        answer: isTaken ? { kind: 'failed', cause: 'taken', reason: 'web9 has it' } : { kind: 'value', value: null },
      })
    }
    row.journal.push(...(JSON.parse(encodeEntries([...entries, ...answers])) as JournalEntry[]))
    for (const entry of entries) if (entry.kind === 'started') row.started.add(entry.step)
    if (change) this.#change(row, change)
    this.#options.onRecord(row.record, this.journalOf(automation))
    return { kind: 'recorded', answers }
  }

  #update(id: string, change: StateChange): Recorded {
    const row = this.rows.get(id)
    if (row) this.#change(row, change)
    return { kind: 'recorded', answers: [] }
  }

  #change(row: Row, { state, reason, at }: StateChange): void {
    row.record = { ...row.record, state, reason, ended: isOpen(state) ? undefined : at }
    if (isOpen(state)) return
    this.#locks = this.#locks.filter(({ automation }) => automation !== row.record.id)
    this.claims.delete(row.record.id)
  }
}
