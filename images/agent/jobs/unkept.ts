// Long requests of an agent that keeps nothing for a next one: their programs end with it, as those of all others do.
import type { Backend } from '../backend.ts'
import type { Jobs } from './job.ts'

export function unkeptJobs(backend: Pick<Backend, 'run'>): Jobs {
  return {
    begin:
      async (_, { signal }) =>
      (_step, command, { seconds }) =>
        backend.run(command, { seconds, lane: 'long', signal }),
    end: async () => undefined,
    forget: async () => undefined,
  }
}
