// All long work of the pool in one list, whoever has it done.
import type { Done } from '../outcome.ts'
import { HAS_ENDED, isOpen, newestFirst, type Task, type TaskSource, type Wanted } from './task.ts'

export class Tasks {
  readonly #sources: readonly TaskSource[]

  constructor(sources: readonly TaskSource[]) {
    this.#sources = sources
  }

  /** Newest first; where not all have room, what is open goes before what has ended, however old it is. */
  async list(wanted: Wanted): Promise<readonly Task[]> {
    const { kind, limit } = wanted
    const all = (await Promise.all(this.#sources.map((source) => source.list(wanted)))).flat()
    const sorted = all.filter((task) => kind === undefined || task.kind === kind).sort(newestFirst)
    const open = sorted.filter(isOpen).slice(0, limit)
    const ended = sorted.filter((task) => !isOpen(task)).slice(0, limit - open.length)
    return [...open, ...ended].sort(newestFirst)
  }

  async find(id: string): Promise<Task | undefined> {
    return (await this.#where(id))?.task
  }

  /** Gives it as it is then: what undoes takes its time. */
  async cancel(id: string, who: string): Promise<Done<Task>> {
    const found = await this.#where(id)
    if (!found) return missing(id)
    const { source, task } = found
    if (!task.mayCancel) return uncancellable(task, task.notCancelled ?? HAS_ENDED)
    const said = await source.cancel(id, who)
    if (said.kind === 'refused' && (said.code === 'no-return' || said.code === undefined)) return uncancellable(task, said.reason)
    if (said.kind !== 'done') return said
    return { kind: 'done', value: (await source.find(id)) ?? task }
  }

  /** Of each that something has changed of, until the function that it returns is called. */
  subscribe(listener: (id: string) => void): () => void {
    const ends = this.#sources.map((source) => source.subscribe(listener))
    return () => {
      for (const end of ends) end()
    }
  }

  async #where(id: string): Promise<{ readonly source: TaskSource; readonly task: Task } | undefined> {
    for (const source of this.#sources) {
      const task = await source.find(id)
      if (task) return { source, task }
    }
    return undefined
  }
}

function uncancellable({ id, what }: Task, reason: string): Done<Task> {
  return { kind: 'refused', code: 'not-cancellable', reason: `task ${id} (${what}) cannot be cancelled: ${reason}` }
}

function missing(id: string): Done<Task> {
  return { kind: 'missing', reason: `there is no task ${JSON.stringify(id)}: what is no automation is forgotten when the manager restarts` }
}
