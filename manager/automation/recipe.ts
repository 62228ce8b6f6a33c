// What a recipe is: how an automation of its kind goes, and what a person sees of it before it goes.
import type { Kysely } from 'kysely'
import type { Transaction } from '../store/database.ts'
import type { Tables } from '../store/schema.ts'
import type { Lock } from './admission/locks.ts'
import type { JournalEntry } from './journal.ts'
import type { Steps } from './steps.ts'
import type { AutomationRecord } from './store/store.ts'

export interface RecipeSpec<Args> {
  readonly name: string
  /** Raised with each change of what it does, so that automations that are under way are told from new ones. */
  readonly version: number
  /** Of what a person, or JSON from the disk, has given. Throws what a person can read. */
  readonly parse: (args: unknown) => Args
  /** `start web1 on node01`. */
  readonly title: (args: Args) => string
  /** Held from before its start to its end. */
  readonly locks: (args: Args) => readonly Lock[]
  /**
   * Why it cannot go as it was planned: what it was planned by is otherwise by now. Looked at in the transaction that takes its locks, and
   * so true to its end.
   */
  readonly outdated?: (db: Kysely<Tables>, args: Args) => Promise<string | undefined>
  /** What its progress names, in their order. */
  readonly phases: readonly string[]
  /** From this phase on it can only go forward. */
  readonly noReturn?: string
  readonly run: (args: Args) => Steps<unknown>
  /** Rows that follow from what is written down, in the same transaction. */
  readonly rows?: (transaction: Transaction, automation: string, args: Args, entries: readonly JournalEntry[]) => Promise<void>
  /** Rows that follow from its end, in the transaction of that. All of its journal is there. */
  readonly ended?: (transaction: Transaction, args: Args, end: End) => Promise<void>
}

/** Of an automation. */
export interface End extends Pick<AutomationRecord, 'id' | 'who' | 'created' | 'reason'> {
  readonly state: 'done' | 'failed' | 'aborted'
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** With its arguments hidden, so that a list can hold all of them. */
export interface Recipe {
  readonly name: string
  readonly version: number
  readonly phases: readonly string[]
  readonly noReturn: string | undefined
  /** Throws when the arguments are not understood. */
  of(args: unknown): Prepared
}

export interface Prepared {
  readonly title: string
  readonly locks: readonly Lock[]
  outdated(db: Kysely<Tables>): Promise<string | undefined>
  run(): Steps<unknown>
  rows(transaction: Transaction, automation: string, entries: readonly JournalEntry[]): Promise<void>
  ended(transaction: Transaction, end: End): Promise<void>
}

export function recipe<Args>(spec: RecipeSpec<Args>): Recipe {
  const { name, version, phases, noReturn } = spec
  return {
    name,
    version,
    phases,
    noReturn,
    of(given) {
      const args = spec.parse(given)
      return {
        title: spec.title(args),
        locks: spec.locks(args),
        outdated: async (db) => spec.outdated?.(db, args),
        run: () => spec.run(args),
        rows: async (transaction, automation, entries) => spec.rows?.(transaction, automation, args, entries),
        ended: async (transaction, end) => spec.ended?.(transaction, args, end),
      }
    },
  }
}

export function isPastReturn({ phases, noReturn }: Pick<Recipe, 'phases' | 'noReturn'>, phase: string | undefined): boolean {
  return noReturn !== undefined && phase !== undefined && phases.indexOf(phase) >= phases.indexOf(noReturn)
}
