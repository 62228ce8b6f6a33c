// Long work of every kind: all of it, and one that is no automation, as it goes on.
import { z } from 'zod'
import { TASK_KINDS, tasks } from '../../../contract/tasks.ts'
import { acted, actOn, fragment, notThere, type PageRoute, page, toldIfThere, toldOf, type Visitor } from '../route.ts'
import type { Render } from '../templates.ts'
import { pathOf, tasksView, taskView } from '../views/tasks.ts'

/** Of what is no kind: all. */
const kindIn = z.enum(TASK_KINDS).optional().catch(undefined)

export function taskRoutes(render: Render): readonly PageRoute[] {
  const all = async ({ ask, query }: Visitor, now: number) => {
    const kind = kindIn.parse(query.get('kind') ?? undefined)
    return tasksView(toldOf(await ask(tasks.list, kind === undefined ? {} : { kind })).tasks, { kind, now })
  }
  const one = async ({ ask, may, params: { id = '' }, csrf }: Visitor, now: number) => {
    const task = toldIfThere(await ask(tasks.show, { id }))
    return task && { task, shown: { ...taskView(task, { now, may: (await may(tasks.cancel, { id })) ? 'act' : 'look' }), csrf } }
  }
  return [
    page('viewer', '/tasks', async (visitor, { now }) => ({
      ...{ kind: 'page', page: 'tasks', title: 'Tasks', view: await all(visitor, now()) },
    })),
    fragment('viewer', '/tasks/list', async (visitor, { now }) => ({
      ...{ kind: 'fragment', html: render('_tasks', await all(visitor, now())) },
    })),
    page('viewer', '/tasks/:id', async (visitor, { now }) => {
      const found = await one(visitor, now())
      if (!found) return NONE
      const { task, shown } = found
      return task.kind === 'automation'
        ? { kind: 'goto', path: pathOf(task) }
        : { kind: 'page', page: 'task', title: task.what, view: shown }
    }),
    fragment('viewer', '/tasks/:id/now', async (visitor, { now }) => {
      const found = await one(visitor, now())
      return found ? { kind: 'fragment', html: render('_task-now', found.shown) } : NONE
    }),
    actOn(tasks.cancel, '/tasks/:id/cancel', {
      fields: ({ params: { id } }) => ({ id }),
      done: (task) => acted(`${task.what}: ${task.ended === undefined ? 'it ends' : 'it was cancelled'}.`, pathOf(task)),
    }),
  ]
}

const NONE = notThere('There is no such task any more.')
