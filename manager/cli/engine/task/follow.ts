// Follows a task until it has ended: one line, redrawn on a terminal; in a pipe a line whenever its state or its phase is another.
import type { Task } from '../../../contract/tasks.ts'
import type { World } from '../answer.ts'
import type { PoolApi } from '../api/calls.ts'
import { followUntilOver, redrawing, sayingOnce } from '../watch/following.ts'
import { isOver, taskLine, taskNews } from './lines.ts'

export interface Following {
  readonly api: PoolApi
  readonly world: Pick<World, 'out' | 'err'>
  /** `nothing`: a program reads what comes at the end. */
  readonly show: 'lines' | 'nothing'
}

/** As it is in the end, or when somebody does not want to wait any more. */
export async function followTask(first: Task, { api, world, show }: Following): Promise<Task> {
  let task = first
  const draw = show === 'nothing' ? () => undefined : world.out.rows === undefined ? inPipe(world) : onTerminal(world)
  await followUntilOver(api, {
    isNews: (event) => event.kind === 'task' && event.task === first.id,
    look: async () => {
      task = await api.tasks.show({ id: first.id })
    },
    draw: () => draw(task),
    trouble: sayingOnce(world),
    isOver: () => isOver(task),
  })
  return task
}

function onTerminal({ out }: Pick<World, 'out'>): (task: Task) => void {
  const redraw = redrawing({ out })
  return (task) => redraw([taskLine(task, Date.now(), (out.columns ?? 80) - 1)])
}

function inPipe({ out }: Pick<World, 'out'>): (task: Task) => void {
  let told = ''
  return (task) => {
    const standing = `${task.state} ${task.progress?.phase}`
    if (standing !== told) out.write(`${taskNews(task)}\n`)
    told = standing
  }
}
