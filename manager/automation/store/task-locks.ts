// What tasks of this manager keep automations from while they act: in memory, as nothing of theirs goes on when it ends. An automation that
// begins meanwhile is refused with the task's name; who comes after an automation is told of that.
import type { Store } from '../../store/database.ts'
import { locksOn } from '../../store/tables/automations.ts'
import { inTheWay, type Lock, sayHeld, type TaskLock } from '../admission/locks.ts'
import { heldLockOf } from './durable.ts'

export type Taken = { readonly kind: 'taken'; readonly release: () => void } | { readonly kind: 'held'; readonly reason: string }

export class TaskLocks {
  readonly #store: Pick<Store, 'write'>
  readonly #held = new Set<TaskLock>()

  constructor(store: Pick<Store, 'write'>) {
    this.#store = store
  }

  on(keys: readonly string[]): readonly TaskLock[] {
    return [...this.#held].filter(({ key }) => keys.includes(key))
  }

  /** `title`: what is done, for whoever is refused. In a transaction: what an automation takes is in one, too. */
  async take(lock: Lock, { task, title }: Pick<TaskLock, 'task' | 'title'>): Promise<Taken> {
    const mine = { ...lock, task, title }
    try {
      return await this.#store.write(async (transaction) => {
        // Where another change of the same commit has failed it runs once more.
        this.#held.delete(mine)
        const held = (await locksOn(transaction, [lock.key])).map(heldLockOf)
        const by = inTheWay([lock], [...held, ...this.on([lock.key])], [])
        if (by) return { kind: 'held', reason: sayHeld(by) }
        this.#held.add(mine)
        return { kind: 'taken', release: () => void this.#held.delete(mine) }
      })
    } catch (error) {
      this.#held.delete(mine)
      throw error
    }
  }
}
