// What a desk is asked in its tests, with what it is answered, and a handler that waits until it is let go.
import { type Desk, type DeskOptions, openDesk } from '../../../../../images/agent/requests/desk.ts'
import type { Handlers, Task } from '../../../../../images/agent/requests/task.ts'
import type { AnswerOf, Refusal, RequestBody } from '../../../../../manager/protocol/requests.ts'
import { TestClock } from '../../clock.ts'

export const COLLECT: RequestBody = { kind: 'collect', sections: ['dmi'] }
export const OTHER: RequestBody = { kind: 'collect', sections: ['xen'] }
export const PROPERTIES: RequestBody = { kind: 'set-properties', text: '' }
export const MORE: RequestBody = { kind: 'set-properties', text: '[a]' }
export const DONE: AnswerOf<'set-properties'> = { kind: 'properties-set', count: 1 }
export const COLLECTED: AnswerOf<'collect'> = { kind: 'collected', revision: 1, problems: [] }
export const SCANNED: AnswerOf<'scan-file-system'> = { kind: 'file-system-scanned', sizeBytes: 2, freeBytes: 1, images: [], leftOut: [] }
export const UNABLE: Refusal = { kind: 'refused', cause: 'unable', reason: 'stopped before its end' }
export const scan = (uuid = 'a'): RequestBody => ({ kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid } })

/** Each call waits until it is let go. */
export function gate<Answer>() {
  const calls: ((answer: Answer | Refusal) => void)[] = []
  const tasks: Task[] = []
  const handle = (_body: unknown, task: Task) => {
    tasks.push(task)
    return new Promise<Answer | Refusal>((resolve) => calls.push(resolve))
  }
  return { calls, tasks, handle }
}

export function open(handlers: Partial<Handlers>, options: Partial<DeskOptions> = {}): { readonly desk: Desk; readonly clock: TestClock } {
  const clock = new TestClock()
  return { clock, desk: openDesk(handlers, { clock, ...options }) }
}
