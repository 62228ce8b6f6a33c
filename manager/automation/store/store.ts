// What the engine asks of whoever keeps automations: three methods that write, each one transaction, and what a start of the manager reads.

import type { Kysely } from 'kysely'
import type { Uuid } from '../../protocol/values.ts'
import type { Tables } from '../../store/schema.ts'
import type { HeldLock, Lock, TaskLock } from '../admission/locks.ts'
import type { Tagged } from '../effect.ts'
import type { JournalEntry } from '../journal.ts'

/** `queued`, `running` and `needs-operator` are open; the others hold nothing any more. */
export const STATES = ['queued', 'running', 'needs-operator', 'done', 'failed', 'aborted'] as const
export type State = (typeof STATES)[number]

export interface AutomationRecord {
  readonly id: string
  readonly recipe: string
  /** Of the recipe, when it was made. */
  readonly version: number
  readonly args: unknown
  readonly title: string
  readonly who: string
  readonly seed: string
  readonly state: State
  /** Why it failed, was aborted or needs an operator. */
  readonly reason: string | undefined
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly ended: number | undefined
}

export interface NewAutomation extends Omit<AutomationRecord, 'state' | 'reason' | 'ended'> {
  readonly locks: readonly Lock[]
  /** Hashes, where its start may be repeated. */
  readonly repeat: { readonly key: string; readonly body: string } | undefined
  /** Automations that it is a part of. */
  readonly within: readonly string[]
  /** Why its plan holds no more, once nobody else has what it locks. */
  readonly outdated: (db: Kysely<Tables>) => Promise<string | undefined>
}

export type Created =
  | { readonly kind: 'created' }
  /** The same start has come before. */
  | { readonly kind: 'repeated'; readonly automation: string }
  /** Another start has come with the same key. */
  | { readonly kind: 'reused'; readonly automation: string }
  | { readonly kind: 'held'; readonly by: HeldLock | TaskLock }
  | { readonly kind: 'outdated'; readonly reason: string }
  | Stale

/** A newer manager works on this store: nothing was written, nothing will be. */
export interface Stale {
  readonly kind: 'stale'
  readonly reason: string
}

export interface StateChange {
  readonly state: State
  readonly reason: string | undefined
  readonly at: number
}

/** What is written down in one transaction, with the rows that it justifies. */
export interface Batch {
  readonly automation: string
  /** How many entries there are before these. */
  readonly from: number
  readonly entries: readonly JournalEntry[]
  /** Taken, or not, in the same transaction: its answer is one entry more. */
  readonly claim: { readonly step: string; readonly at: number; readonly needs: readonly Tagged[] } | undefined
  /** Undefined: as it was. With an end all that it holds is free. */
  readonly change: StateChange | undefined
}

export type Recorded = { readonly kind: 'recorded'; readonly answers: readonly JournalEntry[] } | Stale

export interface AutomationStore {
  create(automation: NewAutomation): Promise<Created>
  record(batch: Batch): Promise<Recorded>
  /** Without a word in its journal: of one that has not begun, or cannot be followed. */
  update(automation: string, change: StateChange): Promise<Recorded>
}

export interface AutomationReader {
  /** Oldest first. */
  open(): Promise<readonly AutomationRecord[]>
  journal(automation: string): Promise<readonly JournalEntry[]>
  find(automation: string): Promise<AutomationRecord | undefined>
  /** Who was started with this key, and with what: hashes. */
  ofKey(key: string): Promise<{ readonly automation: string; readonly body: string } | undefined>
  /** Newest first. `about`: a UUID that stands in what they were started with. */
  newest(limit: number, about?: Uuid): Promise<readonly AutomationRecord[]>
}

export function isOpen(state: State): boolean {
  switch (state) {
    case 'queued':
    case 'running':
    case 'needs-operator':
      return true
    case 'done':
    case 'failed':
    case 'aborted':
      return false
  }
}
