// The long requests of a host as one agent of a boot leaves them to the next: its programs go on without it, and each is run once.
import type { Command, Ran } from '../../../../../../images/agent/backend.ts'
import type { Job, Jobs, KeptJob } from '../../../../../../images/agent/jobs/job.ts'
import type { Task } from '../../../../../../images/agent/requests/task.ts'
import type { AnswerBody } from '../../../../../../manager/protocol/requests.ts'

/** A program of a job. It outlives its agent, and ends when its job is not wanted any more. */
export type Program = (command: Command, signal: AbortSignal) => Promise<Ran>

interface Kept {
  readonly job: Job
  readonly programs: Map<string, Promise<Ran>>
  answer: AnswerBody | undefined
}

/** Of one boot: in RAM. */
export class KeptJobs {
  readonly #program: Program
  readonly #kept = new Map<string, Kept>()

  constructor(program: Program) {
    this.#program = program
  }

  all(): readonly KeptJob[] {
    return [...this.#kept.values()].map(({ job, answer }) => ({ ...job, answer }))
  }

  /** As one agent has them: nothing of it is written down after its end. */
  seenBy(agent: { readonly isAlive: boolean }): Jobs {
    return {
      begin: async (job, { signal }) => this.#begin(job, signal),
      end: async (id, answer) => {
        const kept = this.#kept.get(id)
        if (kept && agent.isAlive) kept.answer = answer
      },
      forget: async (id) => {
        if (agent.isAlive) this.#kept.delete(id)
      },
    }
  }

  #begin(job: Job, signal: AbortSignal): Task['run'] {
    const kept = this.#kept.get(job.id) ?? { job, programs: new Map<string, Promise<Ran>>(), answer: undefined }
    this.#kept.set(job.id, kept)
    return (step, command) => {
      const running = kept.programs.get(step) ?? this.#program(command, signal)
      kept.programs.set(step, running)
      return running
    }
  }
}
