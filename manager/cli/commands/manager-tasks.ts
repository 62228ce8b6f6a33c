// `hostless manager tasks`: what the manager sees to by itself, and what that waits for.
import type { Command } from 'commander'
import type { World } from '../engine/answer.ts'
import { iso, number, text, time, words } from '../engine/columns.ts'
import { listReport } from '../engine/list-report.ts'
import type { Report, Row } from '../engine/output/output.ts'
import { addListing } from '../engine/pool-command.ts'

export function addManagerTasksCommand(program: Command, world: World): void {
  const manager = program.commands.find((command) => command.name() === 'manager') ?? program.command('manager')
  addListing(manager, world, {
    name: 'tasks',
    description: 'what the manager sees to by itself: when it looked last, when it looks next, what that waits for',
    examples: [['manager tasks --watch', 'as hosts come up']],
    changes: ['host', 'inventory', 'alarm', 'alarm-cleared', 'scan'],
    like: () => tasksReport([]),
    load: async (api) => {
      const rows = (await api.manager.tasks()).tasks.map(({ name, what, lastRun, next, waiting, waitsFor, error }) => {
        const more = waiting > waitsFor.length ? [`and ${waiting - waitsFor.length} more`] : []
        const failed = error ? `${error.text} (${error.times} times in a row)` : null
        return { name, what, lastRun: iso(lastRun), next: iso(next), waiting, waitsFor: [...waitsFor, ...more].join('; '), error: failed }
      })
      return { report: tasksReport(rows) }
    },
  })
}

function tasksReport(rows: readonly Row[]): Report {
  const columns = [
    ...[text('name', 'TASK'), time('lastRun', 'LAST'), time('next', 'NEXT'), number('waiting', 'WAITING')],
    ...[words('waitsFor', 'WAITS FOR'), words('error', 'ERROR'), words('what', 'SEES TO', { spare: 1 })],
  ]
  return listReport('tasks', 'task', columns, rows, 'The manager sees to nothing by itself.')
}
