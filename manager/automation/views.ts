// An automation as a person sees it: what it has done and does next, what would be taken back, and whose turn it is. Pure.
import type { JournaledEffect } from './effect.ts'
import type { JournalEntry, StepAnswer } from './journal.ts'
import type { Paced } from './pace.ts'
import { isPastReturn, type Recipe } from './recipe.ts'
import { sayEffect } from './say-effect.ts'
import { type AutomationRecord, isOpen, type State } from './store/store.ts'

export interface StepView {
  readonly step: string
  readonly what: string
  readonly state: 'under way' | 'done' | 'failed'
  /** Milliseconds since the epoch. */
  readonly started: number
  readonly ended: number | undefined
  readonly reason: string | undefined
  /** Of a job that is under way. */
  readonly progress: Paced | undefined
}

export interface UndoView {
  readonly step: string
  readonly what: string
  /** For a person, where it fails. */
  readonly command: string
  readonly state: 'open' | 'done' | 'by hand' | 'not needed'
}

export interface AutomationView {
  readonly id: string
  readonly recipe: string
  readonly version: number
  readonly title: string
  readonly who: string
  readonly state: State
  readonly reason: string | undefined
  readonly created: number
  readonly ended: number | undefined
  readonly phases: readonly string[]
  readonly phase: string | undefined
  /** The phase from which on it only goes forward. */
  readonly noReturn: string | undefined
  readonly mayAbort: 'yes' | 'no: it has ended' | 'no: it is past its point of no return'
  readonly waits: string | undefined
  /** Whose turn it is. */
  readonly turn: string
  readonly steps: readonly StepView[]
  readonly undos: readonly UndoView[]
}

/** What the journal does not say. */
export interface Now {
  readonly progressOf?: (step: string) => Paced | undefined
  readonly hostName?: ((id: string) => string) | undefined
  /** In words, where that is its turn. */
  readonly waits?: string | undefined
}

export function viewOf(
  record: AutomationRecord,
  journal: readonly JournalEntry[],
  recipe: Recipe | undefined,
  now: Now = {},
): AutomationView {
  const { id, version, title, who, state, reason, created, ended } = record
  const steps = stepsOf(journal, now)
  const phase = journal.reduce<string | undefined>((last, entry) => phaseIn(entry) ?? last, undefined)
  const isPast = recipe !== undefined && isPastReturn(recipe, phase)
  return {
    ...{ id, recipe: record.recipe, version, title, who, state, reason, created, ended, phase },
    waits: isOpen(state) ? now.waits : undefined,
    phases: recipe?.phases ?? [],
    noReturn: recipe?.noReturn,
    mayAbort: !isOpen(state) ? 'no: it has ended' : isPast ? 'no: it is past its point of no return' : 'yes',
    turn: now.waits !== undefined && isOpen(state) ? `waits for ${now.waits}` : turnOf(state, steps),
    steps: isOpen(state) ? steps : steps.map(cutShort),
    undos: undosOf(journal).map((undo) => (state === 'done' && undo.state === 'open' ? { ...undo, state: 'not needed' } : undo)),
  }
}

function stepsOf(journal: readonly JournalEntry[], { progressOf = () => undefined, hostName }: Now): readonly StepView[] {
  const steps = new Map<string, StepView>()
  for (const entry of journal) {
    if (entry.kind === 'started') {
      const { step, at, effect } = entry
      const shown = {
        step,
        what: sayEffect(effect, hostName),
        state: 'under way',
        started: at,
        ended: undefined,
        reason: undefined,
      } as const
      steps.set(step, { ...shown, progress: progressOf(step) })
    }
    if (entry.kind === 'answered') {
      const { step, at, answer, effect } = entry
      const before = steps.get(step) ?? (effect && isShown(effect) ? { step, what: sayEffect(effect), started: at } : undefined)
      if (before) steps.set(step, { ...before, ...endOf(answer), ended: at, progress: undefined })
    }
  }
  return [...steps.values()]
}

/** An undo is shown as such. */
function isShown({ kind }: JournaledEffect): boolean {
  return kind === 'progress' || kind === 'claim'
}

function endOf(answer: StepAnswer): Pick<StepView, 'state' | 'reason'> {
  return answer.kind === 'value' ? { state: 'done', reason: undefined } : { state: 'failed', reason: answer.reason }
}

/** Nobody waits for it any more. */
function cutShort(step: StepView): StepView {
  return step.state === 'under way' ? { ...step, state: 'failed', reason: 'it was not waited for' } : step
}

function undosOf(journal: readonly JournalEntry[]): readonly UndoView[] {
  const undos = new Map<string, UndoView>()
  for (const entry of journal) {
    if (entry.kind !== 'answered' || !entry.effect) continue
    const { effect, step } = entry
    if (effect.kind === 'undo') undos.set(step, { step, what: effect.what, command: effect.command, state: 'open' })
    const of = effect.kind === 'undone' ? undos.get(effect.of) : undefined
    if (of && effect.kind === 'undone') undos.set(of.step, { ...of, state: effect.how })
  }
  return [...undos.values()]
}

function phaseIn(entry: JournalEntry): string | undefined {
  return entry.kind === 'answered' && entry.effect?.kind === 'progress' ? entry.effect.phase : undefined
}

function turnOf(state: State, steps: readonly StepView[]): string {
  switch (state) {
    case 'queued':
      return 'waits for its turn'
    case 'needs-operator':
      return "an operator's"
    case 'running':
      return steps.flatMap(({ state, what }) => (state === 'under way' ? [what] : [])).join('; ') || "the manager's"
    case 'done':
    case 'failed':
    case 'aborted':
      return "nobody's: it has ended"
  }
}
