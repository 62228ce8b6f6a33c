// A task of whatever kind as a line: what it is at, how far, and how long that may take. Pure.
import type { Task } from '../../../contract/tasks.ts'
import { sayJob, sayPhase } from '../../../wording.ts'
import { justified, spanOf } from '../automation/lines.ts'
import { oneLine } from '../output/text.ts'

export function sayState({ state, needsOperator }: Pick<Task, 'state' | 'needsOperator'>): string {
  return needsOperator ? 'needs an operator' : state
}

/** What there is to say of it beside its state: why it ended so, what it waits for, or how far it is. */
export function sayNow({ reason, progress }: Pick<Task, 'reason' | 'progress'>): string | undefined {
  if (reason !== undefined) return reason
  if (!progress) return undefined
  return progress.unit === 'phases' ? sayPhase(progress) : sayJob(progress)
}

/** `add image debian13: running, import 40 % of 1000 MiB, 50 MiB/s, 12 s left`, and at the end of the line the time that it has taken. */
export function taskLine(task: Task, now: number, columns: number): string {
  return justified(wordsOf(task), spanOf(task.created, task.ended ?? now), columns)
}

/** As `taskLine`, as wide as it is; when it has ended, with its time. */
export function taskNews(task: Task): string {
  return oneLine(`${wordsOf(task)}${task.ended === undefined ? '' : ` (${spanOf(task.created, task.ended)})`}`)
}

function wordsOf(task: Task): string {
  const said = sayNow(task)
  return `${task.what}: ${sayState(task)}${said === undefined ? '' : `, ${said}`}`
}

export function isOver({ ended, needsOperator }: Pick<Task, 'ended' | 'needsOperator'>): boolean {
  return ended !== undefined || needsOperator === true
}
