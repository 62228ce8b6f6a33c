// A request from the connection that it came over: told of and answered there, in the words that its manager's version knows.
import type { Log } from '../../../appliance/wire/log.ts'
import type { AgentMessage } from '../../../manager/protocol/messages.ts'
import { answerFor, JOBS_SINCE } from '../../../manager/protocol/requests.ts'
import type { Doing } from '../connection.ts'
import type { Tell } from '../requests/desk.ts'

type Request = Doing & { readonly kind: 'request' }

export interface Answering {
  /** `tell`: to who asked, for as long as its connection lasts. */
  readonly answer: (request: Request, tell: Tell) => Promise<AgentMessage & { readonly kind: 'answer' }>
  /** What was asked under this id is not wanted any more: its answer comes soon. */
  readonly cancel?: (id: string) => void
}

/** `send`: over that connection, or nowhere: over another the manager asks again, with the same id. */
export function answerOver(
  { answer }: Answering,
  one: Request,
  version: number,
  send: (message: AgentMessage) => void,
  log: Pick<Log, 'error'>,
): void {
  const { id } = one.request
  const tell: Tell = (said) => {
    if (version >= JOBS_SINCE) send({ ...said, id })
  }
  answer(one, tell).then(
    (message) => send({ ...message, answer: answerFor(version, message.answer) }),
    (error: unknown) => log.error({ error, request: id }, 'a request failed'),
  )
}
