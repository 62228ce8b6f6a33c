// `hostless task list|show|watch|cancel`: long work of every kind, how far it is, and an end to it.
import { type Command, Option } from 'commander'
import { TASK_KINDS, type Task, type TaskKind } from '../../../contract/tasks.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { isTable, render } from '../../engine/output/output.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { type ById, pickById, wholeId } from '../../engine/selecting-by-id.ts'
import { followTask } from '../../engine/task/follow.ts'
import { sayState } from '../../engine/task/lines.ts'
import { watchAutomation } from '../automation/watching.ts'
import { taskReport, tasksReport } from './report.ts'

export function addTaskCommands(program: Command, world: World): void {
  const task = program.command('task').description('long work of every kind: automations, looks at file systems, images added and verified')
  addListing<{ readonly open?: true; readonly limit: string; readonly kind?: TaskKind }>(task, world, {
    name: 'list',
    description: 'all of it, the newest first: what, by whom, how far it is',
    examples: [
      ['task list --open --watch', 'what is under way, as it goes on'],
      ['task list --kind image-add', 'files that became images'],
    ],
    changes: ['task'],
    options: (command) =>
      command
        .option('--open', 'only what has not ended')
        .addOption(new Option('--kind <kind>', 'only of this kind').choices(TASK_KINDS))
        .option('--limit <count>', 'at most so many', '100'),
    like: () => tasksReport([]),
    load: async (api, _args, { open, limit, kind }) => {
      const { tasks } = await api.tasks.list({ which: open ? 'open' : 'all', limit, ...(kind === undefined ? {} : { kind }) })
      return { report: tasksReport(tasks) }
    },
  })
  addListing(task, world, {
    name: 'show <task>',
    description: 'one, by its id or the beginning of that; of an automation, hostless automation show has the steps',
    examples: [['task show k3tq --output json', 'for a program']],
    changes: ['task'],
    load: async (api, [given = '']) => ({ report: taskReport(await oneTask(api, given)) }),
  })
  addDoing(task, world, {
    name: 'watch <task>',
    description: 'one as it goes on, until it has ended; an automation with its steps',
    examples: [['task watch k3tq', 'how far it is, how fast, and when it may be done']],
    act: async (api, [given = ''], { output }) => {
      const first = await oneTask(api, given)
      if (first.kind === 'automation') return watchAutomation(api, first.id, world, output)
      const last = await followTask(first, { api, world, show: isTable(output) ? 'lines' : 'nothing' })
      if (!isTable(output)) world.out.write(render(taskReport(last), output, world.out))
      if (last.ended !== undefined && last.state !== 'done') throw new CommandFailure(`it has ${wasOf(last)}`)
    },
  })
  addDoing<{ readonly yes?: true }>(task, world, {
    name: 'cancel <task...>',
    description: 'end it; an automation takes back what it has done, and is past being cancelled from its point of no return on',
    examples: [['task cancel k3tq', 'one']],
    options: (command) => command.option('--yes', 'also more than one, without being asked'),
    act: async (api, args, { output, yes }) => {
      const known = await those(api)
      const selected = await pickById(args, known)
      if (selected.items.length > 1) await confirm(`End ${selected.items.map(({ what }) => what).join('; ')}?`, yes, world)
      const cancel = async ({ id }: Task): Promise<string> => {
        const now = await api.tasks.cancel({ id })
        return now.ended === undefined ? `it ends: hostless task watch ${id}` : sayState(now)
      }
      await doToEach(selected, known.noun, ({ id }) => id, cancel, { world, output })
    },
  })
}

function wasOf({ state, reason }: Task): string {
  const was = state === 'cancelled' ? 'been cancelled' : state
  return reason === undefined ? was : `${was}: ${reason}`
}

async function those(api: PoolApi): Promise<ById<Task>> {
  return { all: (await api.tasks.list({ limit: 1000 })).tasks, noun: 'task', show: (id) => api.tasks.show({ id }) }
}

async function oneTask(api: PoolApi, given: string): Promise<Task> {
  const { all, noun, show } = await those(api)
  return show(
    wholeId(
      all.map(({ id }) => id),
      given,
      noun,
    ),
  )
}
