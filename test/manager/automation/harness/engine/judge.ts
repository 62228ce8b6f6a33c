// What must hold of automations and of the rack at each commit, at each moment and at the end: sentences of what does not.
import { Advance } from '../../../../../manager/automation/advance.ts'
import type { JournalEntry } from '../../../../../manager/automation/journal.ts'
import type { Recipe } from '../../../../../manager/automation/recipe.ts'
import { type AutomationRecord, isOpen } from '../../../../../manager/automation/store/store.ts'
import type { MemoryStore } from './memory-store.ts'
import type { Rack } from './rack.ts'
import { disk, outcomeOfDeploy } from './recipes.ts'

/** The journal alone gives what the manager that wrote it holds in memory: so any other one goes on in the same way. */
export function brokenJournal(recipe: Recipe, record: AutomationRecord, journal: readonly JournalEntry[]): readonly string[] {
  const { id, state } = record
  const replay = replayed(recipe, record, journal)
  const broken: string[] = []
  if (replay.divergence) broken.push(`I8: ${id} cannot be replayed: ${JSON.stringify(replay.divergence)}`)
  const ends = replay.outcome?.kind
  // What the answer of a claim leads to is written down with the next commit.
  const isClaim = journal.at(-1)?.kind === 'answered' && ends === 'failed'
  if (ends !== undefined && ends !== state && !isClaim) broken.push(`I8: ${id} is ${state}, its journal says ${ends}`)
  if (replay.pending().some(({ effect }) => effect.kind === 'operator') && state !== 'needs-operator')
    broken.push(`I9: ${id} waits for an operator in silence`)
  return broken
}

export function brokenNow(store: MemoryStore, acknowledged: readonly string[]): readonly string[] {
  const gone = acknowledged.filter((id) => !store.rows.has(id)).map((id) => `I3: ${id} was acknowledged, and is gone`)
  const exclusive = store.locks().filter(({ access }) => access === 'exclusive')
  const isShared = new Set(exclusive.map(({ key }) => key)).size < exclusive.length
  const twice = [...store.claims].flatMap(([id, times]) => (times > 1 ? [`${id} has claimed ${times} times`] : []))
  return [...gone, ...(isShared ? ['two automations hold one guest'] : []), ...twice]
}

export interface End {
  readonly store: MemoryStore
  readonly rack: Rack
  readonly recipe: Recipe
  /** How often a host has died: what ran there is gone. */
  readonly deaths: number
}

export function brokenAtEnd(end: End): readonly string[] {
  const { store, rack, deaths } = end
  const records = [...store.rows.values()].map(({ record }) => record)
  const broken: string[] = []
  for (const { id, state, reason } of records) {
    if (isOpen(state)) broken.push(`I8: ${id} is ${state} an hour after all is well: ${reason}`)
    if ((state === 'failed' || state === 'aborted') && (reason ?? '') === '') broken.push(`${id} has ended without a reason`)
  }
  if (store.locks().length > 0) broken.push('I8: locks are held after the end')
  if (store.claims.size > 0) broken.push('I8: claims are held after the end')
  if (deaths === 0) for (const id of rack.doubled()) broken.push(`${id} was done twice`)
  const done = records.flatMap((record) => doneIn(end, record))
  for (const { name, disks, marks, guests } of rack.hosts.values()) {
    if (marks.size > 0) broken.push(`I8: ${name} is still marked by ${[...marks].join()}`)
    const ownDisks = done.flatMap(({ guest, host, chosen }) => [
      ...(host === name ? [disk(guest, 'root'), disk(guest, 'data')] : []),
      ...(chosen === name ? [disk(guest, 'seed')] : []),
    ])
    broken.push(...difference(`disks of ${name}`, disks, ownDisks))
    const ownGuests = done.flatMap(({ guest, host }) => (host === name ? [guest] : []))
    if (deaths === 0) broken.push(...difference(`guests of ${name}`, guests, ownGuests))
  }
  return broken
}

interface Deployed {
  readonly guest: string
  readonly host: string
  readonly chosen: string
}

function doneIn({ recipe, store }: End, record: AutomationRecord): readonly Deployed[] {
  const outcome = record.state === 'done' ? replayed(recipe, record, store.journalOf(record.id)).outcome : undefined
  if (outcome?.kind !== 'done') return []
  const { guest, host } = record.args as { guest: string; host: string }
  return [{ guest, host, chosen: outcomeOfDeploy.parse(outcome.value).chosen }]
}

function replayed(recipe: Recipe, { id, args, seed }: AutomationRecord, journal: readonly JournalEntry[]): Advance {
  const advance = new Advance({ automation: id, seed, run: () => recipe.of(args).run() })
  for (const entry of journal) advance.feed(entry)
  return advance
}

function difference(what: string, found: ReadonlySet<string>, expected: readonly string[]): readonly string[] {
  const [is, should] = [[...found].sort().join(), [...new Set(expected)].sort().join()]
  return is === should ? [] : [`I8: the ${what} are (${is}), and should be (${should})`]
}
