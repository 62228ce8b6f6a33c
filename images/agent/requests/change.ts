// What is done about a request in the world that it changes.
import type { AnswerOf, Refusal, RequestKind, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Task } from './task.ts'

export type Change<World, Kind extends RequestKind> = (world: World, body: RequestOf<Kind>, task: Task) => Promise<AnswerOf<Kind> | Refusal>
