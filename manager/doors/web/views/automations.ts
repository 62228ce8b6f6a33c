// Automations as the page shows them: one with its steps, its undos and what may be said to it.
import type { Automation, AutomationDetail } from '../../../contract/automations.ts'
import { writeSize } from '../../../protocol/size.ts'
import { sayJob, sayRate } from '../../../wording.ts'
import { moment, saySeconds } from './words.ts'

export const AUTOMATION_WORDS: Readonly<Record<Automation['state'], string>> = {
  queued: 'queued',
  running: 'running',
  'needs-operator': 'needs an operator',
  done: 'done',
  failed: 'failed',
  aborted: 'aborted',
}

export function automationView(view: AutomationDetail, { now, may }: { readonly now: number; readonly may: 'act' | 'look' }) {
  const { id, title, who, state, reason, created, ended, phases, phase, noReturn, mayAbort, turn, recipe, version, rate } = view
  const at = phase === undefined ? -1 : phases.indexOf(phase)
  const isWaiting = state === 'needs-operator'
  const isActing = may === 'act'
  const hasOpenUndo = view.undos.some((undo) => undo.state === 'open')
  return {
    ...{ id, title, who, state, said: AUTOMATION_WORDS[state], reason: reason ?? '', turn: ended === undefined ? turn : '' },
    ...{ recipe: `${recipe}, version ${version}`, created: moment(created), took: saySeconds((ended ?? now) - created) },
    command: `hostless automation ${ended === undefined ? 'watch' : 'show'} ${id}`,
    commands: [
      ...(isWaiting ? [`hostless automation resume ${id}`] : []),
      ...(isWaiting && hasOpenUndo ? [`hostless automation retry-undo ${id}`] : []),
      ...(mayAbort === 'yes' ? [`hostless automation abort ${id}`] : []),
      ...(rate?.mayChange === 'yes' ? [`hostless automation pace ${id} --rate ${rateTyped(rate.bytes)}`] : []),
    ],
    rate: rate ? { said: sayRate(rate.bytes), typed: rateTyped(rate.bytes), mayChange: isActing && rate.mayChange === 'yes' } : '',
    phases: phases.map((name, index) => ({
      name,
      state: index < at || state === 'done' ? 'done' : index === at ? (ended === undefined ? 'running' : 'failed') : 'open',
      isNoReturn: name === noReturn,
    })),
    mayAbort: isActing && mayAbort === 'yes',
    notAborted: ended === undefined && mayAbort !== 'yes' ? 'It is past its point of no return: it only goes forward.' : '',
    mayResume: isActing && isWaiting,
    mayRetry: isActing && isWaiting && hasOpenUndo,
    steps: view.steps.map((step) => ({
      ...{ number: step.step, what: step.what, reason: step.reason ?? '' },
      state: step.state === 'under way' ? 'running' : step.state,
      took: saySeconds((step.ended ?? now) - step.started),
      progress: step.progress ? sayJob(step.progress) : '',
    })),
    undos: view.undos.map((undo) => ({ what: undo.what, state: undo.state, command: undo.command })),
  }
}

/** As a command and the field have it. */
function rateTyped(bytes: number | undefined): string {
  return bytes === undefined ? 'unlimited' : writeSize(bytes)
}
