// The manager, of itself.
import type { manager } from '../../contract/manager.ts'
import type { TaskStatus } from '../../reconcile/driver.ts'
import { describeApi } from '../openapi.ts'
import { done, type HandlersOf } from './handlers.ts'

export interface ManagerDeps {
  readonly tasks: () => readonly TaskStatus[]
  /** In Prometheus' text format. */
  readonly metrics: () => Promise<string>
}

export function managerHandlers({ tasks, metrics }: ManagerDeps): HandlersOf<typeof manager> {
  let description: ReturnType<typeof describeApi> | undefined
  return {
    tasks: async () => done({ tasks: tasks().map((one) => ({ ...one, waitsFor: [...one.waitsFor] })) }),
    metrics: async () => done(await metrics()),
    async description() {
      description ??= describeApi()
      return done(description)
    },
  }
}
