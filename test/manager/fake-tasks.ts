// Long work of a test's own: the contract's handlers over two lists that the test may change, of tasks and of automations.
import type { AutomationDetail } from '../../manager/contract/automations.ts'
import type { Handlers } from '../../manager/doors/handlers/handlers.ts'
import { taskHandlers } from '../../manager/doors/handlers/tasks.ts'
import { taskOf } from '../../manager/tasks/sources/automations.ts'
import { isOpen, type Task, type TaskSource } from '../../manager/tasks/task.ts'
import { Tasks } from '../../manager/tasks/tasks.ts'
import { BEGUN } from './fake-automations.ts'

export function fakeTasks(tasks: Task[], automations: AutomationDetail[]): Handlers['tasks'] {
  return taskHandlers(new Tasks([sourceOf(tasks), automationSource(automations)]))
}

function sourceOf(tasks: Task[]): TaskSource {
  return {
    list: async ({ which }) => tasks.filter((task) => which === 'all' || isOpen(task)),
    find: async (id) => tasks.find((task) => task.id === id),
    async cancel(id, who) {
      const at = tasks.findIndex((task) => task.id === id)
      const [was] = tasks.slice(at)
      if (!was) return { kind: 'missing', reason: `there is no task ${id}` }
      const ended = { state: 'cancelled', reason: `${who} has cancelled it`, ended: was.created + 4000 } as const
      tasks.splice(at, 1, { ...was, ...ended, mayCancel: false, notCancelled: 'it has ended' })
      return { kind: 'done', value: undefined }
    },
    subscribe: () => () => undefined,
  }
}

function automationSource(automations: AutomationDetail[]): TaskSource {
  const shown = (one: AutomationDetail): Task =>
    taskOf(
      { ...one, args: {}, seed: '', reason: one.reason, ended: one.ended },
      {
        ...{ on: ['host node01'], waits: one.waits, phases: one.phases, phase: one.phase },
        isPastReturn: one.mayAbort === 'no: it is past its point of no return',
        jobs: one.steps.flatMap(({ progress }) => {
          if (!progress) return []
          const { sent, ...told } = progress
          return [{ ...told, total: progress.total ?? 0, rate: 0, secondsLeft: 0, ...(sent === undefined ? {} : { sent }) }]
        }),
      },
    )
  return {
    list: async ({ which }) => automations.map(shown).filter((task) => which === 'all' || isOpen(task)),
    find: async (id) => automations.map(shown).find((task) => task.id === id),
    async cancel(id, who) {
      const at = automations.findIndex((one) => one.id === id)
      const [was] = automations.slice(at)
      if (!was) return { kind: 'missing', reason: `there is no automation ${id}` }
      const ended = { state: 'aborted', reason: `${who} has aborted it`, ended: was.created + 5000, mayAbort: 'no: it has ended' } as const
      automations.splice(at, 1, { ...was, ...ended })
      return { kind: 'done', value: undefined }
    },
    subscribe: () => () => undefined,
  }
}

/** A file that becomes an image, 40 % of which was read, by default. */
export function runningTask(id: string, changed: Partial<Task> = {}): Task {
  return {
    ...{ id, kind: 'image-add', what: 'add image debian13', on: ['image debian13'], who: 'ada', state: 'running', mayCancel: true },
    progress: { phase: 'import', done: 400 << 20, total: 1000 << 20, unit: 'bytes', rate: 50 << 20, secondsLeft: 12 },
    ...{ created: BEGUN, started: BEGUN },
    ...changed,
  }
}
