// What a handler knows of the request that it does: whether it is still wanted, and where to tell how far it is.
import type { Pace, Progress } from '../../../manager/protocol/requests/request.ts'
import type { AnswerOf, Refusal, RequestKind, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Backend, Command, Ran } from '../backend.ts'

export interface Task {
  readonly pace: Pace
  /** Aborted: come to an end, with the host as a failure would leave it. */
  readonly signal: AbortSignal
  /** Dropped unless the request is a long one. */
  tell(progress: Progress): void
  /**
   * A program that goes on when the agent ends. The next agent calls the handler again, and gets this program, or what came of it, under
   * the same step. Of long requests only. Rejects with LostProgram.
   */
  run(step: string, command: Command, lasting: Lasting): Promise<Ran>
}

export interface Lasting {
  /** Until it is stopped, whoever was its agent meanwhile. */
  readonly seconds: number
  /** What its last words say of how far it is: of stdout, then of stderr. */
  readonly progressOf?: (stdout: string, stderr: string) => Progress | undefined
}

/** It has ended without a word of how, while no agent was there or by somebody's hand. */
export class LostProgram extends Error {}

export type Handler<Kind extends RequestKind> = (body: RequestOf<Kind>, task: Task) => Promise<AnswerOf<Kind> | Refusal>

/** One for every request. Undefined: this host cannot do it, as a simulated host cannot be upgraded. */
export type Handlers = { readonly [Kind in RequestKind]: Handler<Kind> | undefined }

/** The same programs, those of an urgent task in a lane of their own: they wait for nothing that hangs. */
export function atItsPace(backend: Backend, { pace }: Pick<Task, 'pace'>): Backend {
  if (pace !== 'urgent') return backend
  return { ...backend, run: (command, allowance) => backend.run(command, { ...allowance, lane: 'urgent' }) }
}

/** The same programs, which end when the task is not wanted any more. What tidies up after it goes without. */
export function whileWanted(backend: Backend, { signal }: Pick<Task, 'signal'>): Backend {
  return { ...backend, run: (command, allowance) => backend.run(command, { ...allowance, signal }) }
}

/** Of what is asked for by nobody who would end it or look on. */
export const UNWATCHED: Task = {
  pace: 'quick',
  signal: new AbortController().signal,
  tell: () => undefined,
  run: () => Promise.reject(new Error('there is no job to run this program in')),
}
