// Long work of every kind as the page shows it: what each is at and how far, and one by itself.
import type { Task, TaskKind } from '../../../contract/tasks.ts'
import { sayJob, sayPhase } from '../../../wording.ts'
import { moment, percent, saySeconds } from './words.ts'

const STATE_WORDS: Readonly<Record<Task['state'], string>> = {
  queued: 'queued',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

const KIND_WORDS: Readonly<Record<TaskKind, { readonly one: string; readonly all: string }>> = {
  automation: { one: 'automation', all: 'Automations' },
  scan: { one: 'look at a file system', all: 'Looks at file systems' },
  'image-add': { one: 'new image', all: 'New images' },
  'image-check': { one: 'check of an image', all: 'Checks of images' },
}

/** `all`: one may stand there twice. Those that wait for a person come first, then what is open. */
export function tasksView(all: readonly Task[], { kind, now }: { readonly kind: TaskKind | undefined; readonly now: number }) {
  const urgency = ({ needsOperator, ended }: Task): number => (needsOperator ? 0 : ended === undefined ? 1 : 2)
  const kinds = Object.entries(KIND_WORDS).map(([name, { all: label }]) => ({
    ...{ label, path: `/tasks?kind=${name}`, isCurrent: name === kind },
  }))
  return {
    command: `hostless task list${kind === undefined ? '' : ` --kind ${kind}`}`,
    listPath: `/tasks/list${kind === undefined ? '' : `?kind=${kind}`}`,
    kinds: [{ label: 'All', path: '/tasks', isCurrent: kind === undefined }, ...kinds],
    tasks: [...new Map(all.map((one) => [one.id, one])).values()]
      .toSorted((a, b) => urgency(a) - urgency(b) || b.created - a.created)
      .map((task) => ({ ...shown(task, now), path: pathOf(task), kind: KIND_WORDS[task.kind].one })),
  }
}

/** An automation has a page with its steps. */
export function pathOf({ id, kind }: Pick<Task, 'id' | 'kind'>): string {
  return kind === 'automation' ? `/automations/${id}` : `/tasks/${id}`
}

export function taskView(task: Task, { now, may }: { readonly now: number; readonly may: 'act' | 'look' }) {
  const { id, kind, on, ended, mayCancel, notCancelled = '' } = task
  return {
    ...shown(task, now),
    ...{ id, kind: KIND_WORDS[kind].one, on: on.join(', ') },
    command: `hostless task ${ended === undefined ? 'watch' : 'show'} ${id}`,
    cancelCommand: mayCancel ? `hostless task cancel ${id}` : '',
    mayCancel: may === 'act' && mayCancel,
    notCancelled: ended === undefined && !mayCancel ? `It cannot be cancelled: ${notCancelled}.` : '',
  }
}

function farOf(progress: NonNullable<Task['progress']>) {
  if (progress.unit === 'phases') return { ...NOT_FAR, progress: sayPhase(progress) }
  return { percent: progress.total ? percent(progress.done, progress.total) : NOT_FAR.percent, progress: sayJob(progress) }
}

function shown(task: Task, now: number) {
  const { what, who, state, needsOperator, reason = '', progress, created, ended } = task
  const far = progress ? farOf(progress) : NOT_FAR
  return {
    ...{ what, who, reason, ...far, created: moment(created), took: saySeconds((ended ?? now) - created) },
    state: needsOperator ? 'needs-operator' : state,
    said: needsOperator ? 'needs an operator' : STATE_WORDS[state],
  }
}

const NOT_FAR = { percent: '', progress: '' } as const
