// Long work of all kinds, as people look at it and end it.
import type { tasks as contract, Task } from '../../contract/tasks.ts'
import type { Task as Known } from '../../tasks/task.ts'
import type { Tasks } from '../../tasks/tasks.ts'
import { done, found, type HandlersOf } from './handlers.ts'

export function taskHandlers(tasks: Pick<Tasks, 'list' | 'find' | 'cancel'>): HandlersOf<typeof contract> {
  return {
    list: async (wanted) => done({ tasks: (await tasks.list(wanted)).map(answer) }),
    async show({ id }) {
      const task = await tasks.find(id)
      return found(task && answer(task), `task ${JSON.stringify(id)}`)
    },
    async cancel({ id }, { who }) {
      const said = await tasks.cancel(id, who.user)
      return said.kind === 'done' ? done(answer(said.value)) : said
    },
  }
}

function answer({ on, ...task }: Known): Task {
  return { ...task, on: [...on] }
}
