// Hands a request to its handler, and makes an answer of whatever comes of that.
import type { AnswerBody, RequestBody, RequestKind, RequestOf } from '../../../manager/protocol/requests.ts'
import { refused } from './refusal.ts'
import { type Handlers, LostProgram, type Task } from './task.ts'

/** Never rejects. */
export function perform(handlers: Partial<Handlers>, body: RequestBody, task: () => Promise<Task>): Promise<AnswerBody> {
  return answering(() => dispatch(handlers, body.kind, body, task))
}

/** Never rejects. */
export async function answering(act: () => Promise<AnswerBody>): Promise<AnswerBody> {
  try {
    return await act()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return error instanceof LostProgram
      ? refused('unknown', `look at the host for what has come of it: ${reason}`)
      : refused('unable', `the agent failed: ${reason}`)
  }
}

async function dispatch<Kind extends RequestKind>(
  handlers: Partial<Handlers>,
  kind: Kind,
  body: RequestOf<Kind>,
  task: () => Promise<Task>,
): Promise<AnswerBody> {
  const handler = handlers[kind]
  return handler ? handler(body, await task()) : refused('unable', `this host cannot do ${kind}`)
}
