// Automations in the forms that everything is listed in.
import type { Automation, AutomationDetail } from '../../../contract/automations.ts'
import { sayRate } from '../../../wording.ts'
import { spanOf } from '../../engine/automation/lines.ts'
import { id, iso, number, text, time, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Report, Value } from '../../engine/output/output.ts'

const tone = (value: Value): 'good' | 'bad' | 'plain' =>
  value === 'done' ? 'good' : value === 'failed' || value === 'needs-operator' ? 'bad' : 'plain'

export function automationsReport(all: readonly Automation[]): Report {
  const columns = [
    ...[id('id', 'ID'), text('state', 'STATE', { tone }), words('title', 'WHAT'), text('who', 'BY', { spare: 2 })],
    ...[time('created', 'SINCE', { spare: 1 }), text('took', 'TOOK', { spare: 3 }), words('reason', 'WHY', { spare: 1 })],
    ...[
      text('recipe', 'RECIPE', { isHidden: true }),
      number('version', 'VERSION', { isHidden: true }),
      time('ended', 'ENDED', { isHidden: true }),
    ],
  ]
  const rows = all.map(({ id: key, state, title, who, created, ended, reason, waits, recipe, version }) => ({
    ...{ id: key, state, title, who, created: iso(created), took: ended === undefined ? null : spanOf(created, ended) },
    ...{ reason: reason ?? (waits === undefined ? null : `waits for ${waits}`), recipe, version, ended: iso(ended) },
  }))
  return listReport('automations', 'automation', columns, rows, 'No automation is there.')
}

export function automationReport(view: AutomationDetail): Report {
  const { id: key, title, who, state, reason, created, ended, phase, phases, noReturn, mayAbort, turn, recipe, version, rate } = view
  return {
    name: 'automation',
    sections: [
      {
        ...{ name: 'automation', item: 'automation', title: 'Automation', shape: 'record', empty: '' },
        columns: [
          ...[text('id', 'id'), text('title', 'what'), text('state', 'state', { tone }), words('reason', 'why'), text('who', 'started by')],
          ...[text('recipe', 'recipe'), time('created', 'since'), time('ended', 'ended'), text('phase', 'phase'), text('phases', 'phases')],
          ...[text('noReturn', 'no return from'), text('mayAbort', 'may be aborted'), words('turn', 'whose turn')],
          text('rate', 'rate'),
        ],
        rows: [
          {
            ...{ id: key, title, state, reason: reason ?? null, who, recipe: `${recipe}, version ${version}` },
            ...{ created: iso(created), ended: iso(ended), phase: phase ?? null, phases: phases.join(', ') },
            ...{ noReturn: noReturn ?? null, mayAbort, turn, rate: rate ? sayRate(rate.bytes) : null },
          },
        ],
      },
      {
        ...{ name: 'steps', item: 'step', title: 'Steps', shape: 'list', empty: 'Nothing was done yet.' },
        columns: [
          ...[text('step', 'STEP'), text('state', 'STATE', { tone }), words('what', 'WHAT'), text('took', 'TOOK')],
          ...[words('reason', 'WHY', { spare: 2 }), time('started', 'BEGUN', { spare: 3 }), time('ended', 'ENDED', { isHidden: true })],
        ],
        rows: view.steps.map((step) => ({
          ...{ step: step.step, state: step.state, what: step.what },
          took: step.ended === undefined ? null : spanOf(step.started, step.ended),
          ...{ reason: step.reason ?? null, started: iso(step.started), ended: iso(step.ended) },
        })),
      },
      {
        ...{ name: 'undos', item: 'undo', title: 'What is taken back, should it come to no good end', shape: 'list', empty: 'Nothing.' },
        columns: [text('step', 'STEP'), text('state', 'STATE'), words('what', 'WHAT'), words('command', 'BY HAND')],
        rows: view.undos.map((undo) => ({ step: undo.step, state: undo.state, what: undo.what, command: undo.command })),
      },
    ],
  }
}
