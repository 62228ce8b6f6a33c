// Tasks in the forms that everything is listed in.
import type { Task } from '../../../contract/tasks.ts'
import { spanOf } from '../../engine/automation/lines.ts'
import { id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Report, Row, Value } from '../../engine/output/output.ts'
import { sayNow, sayState } from '../../engine/task/lines.ts'

const tone = (value: Value): 'good' | 'bad' | 'plain' =>
  value === 'done' ? 'good' : value === 'failed' || value === 'needs an operator' ? 'bad' : 'plain'

export function tasksReport(tasks: readonly Task[]): Report {
  const columns = [
    ...[id('id', 'ID'), text('state', 'STATE', { tone }), words('what', 'WHAT'), words('now', 'NOW')],
    ...[text('who', 'BY', { spare: 2 }), time('created', 'SINCE', { spare: 1 }), text('took', 'TOOK', { spare: 3 })],
    ...[text('kind', 'KIND', { spare: 2 }), words('on', 'ON', { spare: 1 })],
    ...HIDDEN,
  ]
  return listReport('tasks', 'task', columns, tasks.map(rowOf), 'No long work is there.')
}

/** For programs. */
const HIDDEN = [
  ...[time('started', 'STARTED', { isHidden: true }), time('ended', 'ENDED', { isHidden: true })],
  ...[text('phase', 'PHASE', { isHidden: true }), number('done', 'DONE', { isHidden: true }), number('total', 'TOTAL', { isHidden: true })],
  ...[text('unit', 'UNIT', { isHidden: true }), number('rate', 'RATE', { isHidden: true })],
  ...[number('secondsLeft', 'SECONDS LEFT', { isHidden: true }), text('mayCancel', 'MAY BE CANCELLED', { isHidden: true })],
]

export function taskReport(task: Task): Report {
  return {
    name: 'task',
    sections: [
      {
        ...{ name: 'task', item: 'task', title: 'Task', shape: 'record', empty: '', rows: [rowOf(task)] },
        columns: [
          ...[text('id', 'id'), text('kind', 'kind'), text('what', 'what'), text('on', 'on'), text('state', 'state', { tone })],
          ...[words('now', 'now'), text('who', 'started by'), time('created', 'since'), time('ended', 'ended'), text('took', 'took')],
          ...[text('mayCancel', 'may be cancelled'), ...HIDDEN.filter(({ key }) => key !== 'ended' && key !== 'mayCancel')],
        ],
      },
    ],
  }
}

function rowOf(task: Task): Row {
  const { id: key, kind, what, on, who, created, started, ended, progress, mayCancel, notCancelled } = task
  const { phase = null, done = null, total = null, unit = null, rate = null, secondsLeft = null } = progress ?? {}
  return {
    ...{ id: key, state: sayState(task), kind, what, on: on.join(', '), who, now: sayNow(task) ?? null },
    ...{ created: iso(created), started: iso(started), ended: iso(ended), took: ended === undefined ? null : spanOf(created, ended) },
    ...{ phase, done, total, unit, rate, secondsLeft },
    mayCancel: mayCancel ? 'yes' : `no: ${notCancelled ?? 'it has ended'}`,
  }
}
