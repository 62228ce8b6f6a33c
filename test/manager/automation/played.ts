// A recipe of few steps, played to its end in memory.
import { Advance, type Program } from '../../../manager/automation/advance.ts'
import type { Undo } from '../../../manager/automation/effect.ts'
import type { JournalEntry, StepAnswer } from '../../../manager/automation/journal.ts'
import { ask, order, type Steps, undoable } from '../../../manager/automation/steps.ts'

export const programOf = (run: () => Steps<unknown>): Program => ({ automation: 'a1', seed: 's', run })
export const DONE: StepAnswer = { kind: 'value', value: 'ok' }
export const FAILED: StepAnswer = { kind: 'failed', cause: 'unable', reason: 'it is broken' }

export const undo = (what: string): Undo => ({ what, command: `undo ${what}`, requests: [order('h', { kind: `undo-${what}` })] })
export const make = (what: string): Steps<unknown> => undoable(undo(what), ask('h', { kind: what }))

/** Begins all that is asked for, and answers by `answerOf`, one at a time, until it ends or nothing is answered. */
export function play(
  run: () => Steps<unknown>,
  answerOf: (kind: string, step: string) => StepAnswer | undefined,
  before: readonly JournalEntry[] = [],
) {
  const journal = [...before]
  const live = new Advance(programOf(run))
  for (const entry of before) live.feed(entry)
  const kinds: string[] = []
  const note = (entry: JournalEntry) => {
    journal.push(entry)
    live.feed(entry)
  }
  for (;;) {
    const fresh = live.pending().find(({ started }) => started === undefined)
    if (fresh) {
      const { step, effect } = fresh
      if (effect.kind === 'request' || effect.kind === 'sleep' || effect.kind === 'operator') note({ kind: 'started', step, at: 1, effect })
      else note({ kind: 'answered', step, at: 1, answer: { kind: 'value', value: null }, effect })
      continue
    }
    const answered = live.pending().flatMap((one) => {
      const kind = one.effect.kind === 'request' ? one.effect.body.kind : one.effect.kind
      const answer = one.stopping === undefined ? answerOf(kind, one.step) : FAILED
      return answer ? [{ ...one, kind, answer }] : []
    })[0]
    if (!answered) return { live, journal, kinds }
    kinds.push(answered.kind)
    note({ kind: 'answered', step: answered.step, at: 1, answer: answered.answer })
  }
}

export const failing =
  (...kinds: readonly string[]) =>
  (kind: string) =>
    kinds.includes(kind) ? FAILED : DONE

export const abort: JournalEntry = { kind: 'abort', at: 2, who: 'alice' }
