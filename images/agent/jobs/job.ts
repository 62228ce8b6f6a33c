// Long requests as they outlive the agent: what the desk needs of whoever keeps them. book.ts keeps them in RAM.
import type { AnswerBody, RequestBody } from '../../../manager/protocol/requests.ts'
import type { Task } from '../requests/task.ts'

export interface Job {
  readonly id: string
  /** Hash of the request. */
  readonly asked: string
  readonly request: RequestBody
}

/** One of an agent before this one. `answer`: it had ended. */
export interface KeptJob extends Job {
  readonly answer: AnswerBody | undefined
}

export interface Jobs {
  /** Before anything is done for it. Resolves with what runs its programs; one that was begun before goes on. */
  begin(job: Job, watched: Pick<Task, 'signal' | 'tell'>): Promise<Task['run']>
  /** Its answer is for the next agent, too. */
  end(id: string, answer: AnswerBody): Promise<void>
  forget(id: string): Promise<void>
}
