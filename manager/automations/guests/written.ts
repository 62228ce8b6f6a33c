// What a commit of an automation has written down, with the effects that it answers: an answer does not repeat what was asked, which may
// have been written down long before.
import type { JournaledEffect } from '../../automation/effect.ts'
import { decodeEntries, type JournalEntry, type StepAnswer } from '../../automation/journal.ts'
import type { Transaction } from '../../store/database.ts'
import { entriesOf } from '../../store/tables/automations.ts'

export interface Written {
  readonly effect: JournaledEffect
  readonly answer: StepAnswer
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface Book {
  /** What is about to be done, as of this commit. */
  readonly begun: readonly JournaledEffect[]
  /** Of this commit. */
  readonly now: readonly Written[]
  /** All that there is, with these. */
  readonly all: readonly Written[]
  /** What was written down by this step. */
  effectOf(step: string): JournaledEffect | undefined
}

export async function bookOf(transaction: Transaction, automation: string, entries: readonly JournalEntry[]): Promise<Book> {
  const isAnswered = entries.some(({ kind }) => kind === 'answered')
  const all = isAnswered ? (await entriesOf(transaction, automation)).flatMap(readAgain) : []
  const effects = effectsIn(all)
  const written = writtenBy(effects)
  const begun = entries.flatMap((entry) => (entry.kind === 'started' ? [entry.effect] : []))
  return { begun, now: entries.flatMap(written), all: all.flatMap(written), effectOf: (step) => effects.get(step) }
}

/** All that an automation has come to, in the order of its answers. */
export function writtenIn(all: readonly JournalEntry[]): readonly Written[] {
  return all.flatMap(writtenBy(effectsIn(all)))
}

function effectsIn(all: readonly JournalEntry[]): ReadonlyMap<string, JournaledEffect> {
  return new Map(all.flatMap((entry) => ('effect' in entry && entry.effect ? [[entry.step, entry.effect] as const] : [])))
}

function writtenBy(effects: ReadonlyMap<string, JournaledEffect>): (entry: JournalEntry) => readonly Written[] {
  return (entry) => {
    const effect = entry.kind === 'answered' ? effects.get(entry.step) : undefined
    return effect && entry.kind === 'answered' ? [{ effect, answer: entry.answer, at: entry.at }] : []
  }
}

/** The claims that these recipes make were granted. */
export function isGranted({ all }: Book): boolean {
  return all.some(({ effect, answer }) => effect.kind === 'claim' && answer.kind === 'value')
}

/** Commits, by their JSON: each is read again with every answer that comes after it, and never changes. */
const READ = new Map<string, readonly JournalEntry[]>()
const MOST_READ = 512

function readAgain(json: string): readonly JournalEntry[] {
  const known = READ.get(json) ?? decodeEntries(json)
  READ.delete(json)
  READ.set(json, known)
  for (const oldest of READ.keys()) {
    if (READ.size <= MOST_READ) break
    READ.delete(oldest)
  }
  return known
}
