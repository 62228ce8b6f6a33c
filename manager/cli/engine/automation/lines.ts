// An automation as lines for a terminal or a pipe: what it has done, does and would take back, and for how long it is at it. Pure.
import type { AutomationDetail, AutomationStep } from '../../../contract/automations.ts'
import { sayJob, saySpan } from '../../../wording.ts'
import { oneLine, widthOf } from '../output/text.ts'

export interface Look {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly columns: number
  readonly rows: number
  readonly unicode: boolean
}

/** The whole of one automation: a line a step, the last ones where not all have room. */
export function stepLines(view: AutomationDetail, look: Look): readonly string[] {
  const head = [`${view.title}: ${stateOf(view)}, ${spanOf(view.created, view.ended ?? look.now)}`, ...turnLines(view)]
  const undos = view.undos.filter(({ state }) => state !== 'not needed').map(({ what, state }) => `     undo: ${what} (${state})`)
  const room = Math.max(3, look.rows - head.length - undos.length - 3)
  const steps = view.steps.slice(-room)
  const left = view.steps.length - steps.length
  const before = left > 0 ? [`     ${left} steps before`] : []
  const lines = [...head, ...before, ...steps.map((step) => stepLine(step, look)), ...undos, ...endLines(view)]
  return lines.map((line) => cut(line, look.columns))
}

/** One line of one of several: `node01  running  make-vg on node01 45 %  12 s`. */
export function progressLine(name: string, view: AutomationDetail, { now, columns }: Look, width: number): string {
  const doing = view.steps.filter(({ state }) => state === 'under way').map((step) => `${step.what}${sayProgress(step)}`)
  const what = view.ended === undefined ? (view.waits === undefined ? doing.join('; ') : '') || view.turn : (view.reason ?? view.title)
  const end = spanOf(view.created, view.ended ?? now)
  return justified(`${name.padEnd(width)}  ${stateOf(view).padEnd(9)} ${what}`, end, columns)
}

/** What there is to say of it since `told`, the states of its steps that were said: for a pipe. */
export function newsOf(name: string, view: AutomationDetail, told: Map<string, string>): readonly string[] {
  const lines = view.steps.flatMap((step) => {
    if (told.get(step.step) === step.state) return []
    told.set(step.step, step.state)
    const took = step.ended === undefined ? '' : ` (${spanOf(step.started, step.ended)})`
    return [`${name}: ${step.step} ${step.what}: ${step.state}${took}${step.reason === undefined ? '' : `: ${step.reason}`}`]
  })
  if (told.get('') !== view.state) {
    told.set('', view.state)
    lines.push(`${name}: ${stateOf(view)}${view.reason === undefined ? '' : `: ${view.reason}`}`)
  }
  return lines.map(oneLine)
}

export function stateOf({ state }: Pick<AutomationDetail, 'state'>): string {
  return state === 'needs-operator' ? 'needs an operator' : state
}

/** What a person may do now. */
export function commandsFor({ id, state, mayAbort, undos }: AutomationDetail): readonly string[] {
  const command = (verb: string): string => `hostless automation ${verb} ${id}`
  if (state !== 'needs-operator') return mayAbort === 'yes' ? [command('abort')] : []
  const isUndoing = undos.some((undo) => undo.state === 'open')
  return [command('resume'), ...(isUndoing ? [command('retry-undo')] : []), ...(mayAbort === 'yes' ? [command('abort')] : [])]
}

export function spanOf(from: number, to: number): string {
  return saySpan(to - from)
}

/** With a comma before it, where there is any. */
export function sayProgress({ progress }: Pick<AutomationStep, 'progress'>): string {
  return progress ? `, ${sayJob(progress)}` : ''
}

function turnLines({ ended, turn, phase, phases, noReturn }: AutomationDetail): readonly string[] {
  if (ended !== undefined) return []
  const at = phase === undefined ? [] : [`phase ${phase}, ${phases.indexOf(phase) + 1} of ${phases.length}`]
  const isPast = noReturn !== undefined && phase !== undefined && phases.indexOf(phase) >= phases.indexOf(noReturn)
  const back = noReturn === undefined ? [] : [isPast ? 'past its point of no return' : `no return from phase ${noReturn} on`]
  return [`     ${[...at, ...back, `whose turn: ${turn}`].join('; ')}`]
}

function endLines(view: AutomationDetail): readonly string[] {
  const { reason, state } = view
  const said = reason === undefined ? [] : [`     ${reason}`]
  return state === 'needs-operator' ? [...said, ...commandsFor(view).map((command) => `     ${command}`)] : said
}

function stepLine(step: AutomationStep, { now, columns, unicode }: Look): string {
  const { what, state, started, ended, reason } = step
  const [done, failed, doing] = unicode ? [' ✔', ' ✖', ' …'] : ['ok', '!!', '..']
  const mark = { done, failed, 'under way': doing }[state]
  const said = `  ${mark} ${what}${sayProgress(step)}${reason === undefined ? '' : `: ${reason}`}`
  return justified(said, spanOf(started, ended ?? now), columns)
}

/** `right` stays, whatever is cut of `left`. */
export function justified(left: string, right: string, columns: number): string {
  const room = columns - widthOf(right) - 1
  const kept = cut(left, room)
  return `${kept}${' '.repeat(Math.max(0, room - widthOf(kept)))} ${right}`
}

function cut(text: string, columns: number): string {
  const line = oneLine(text)
  if (widthOf(line) <= columns) return line
  let kept = ''
  for (const character of line) {
    if (widthOf(kept) + widthOf(character) > columns - 1) break
    kept += character
  }
  return `${kept}…`
}
