// What requests need of the machine: the programs and files that the observation reads with, and what changes it.
import type { SectionName } from '../../../manager/protocol/inventory.ts'
import type { Backend, Clock, Command, Ran } from '../backend.ts'
import type { Kernels } from '../kernels/brought.ts'

export interface World {
  /** More patient than the observation's: a login may wait for a target. */
  readonly backend: Backend
  readonly files: Files
  readonly clock: Pick<Clock, 'steady' | 'after'>
  /** What guests boot by beside their own GRUB; left out: this host gets no kernels. */
  readonly kernels?: Kernels | undefined
  /** Reads these anew; what changed is on its way to the manager when it resolves. */
  collect(names: readonly SectionName[]): Promise<unknown>
  /** Nothing else is read while this is done; left out: nothing is. */
  undisturbed?<Value>(work: () => Promise<Value>): Promise<Value>
}

export interface Files {
  /** In the place of what was there, whole or not at all; its folder is made. */
  write(path: string, content: string | Uint8Array, mode: number): Promise<void>
  /** What is not there is removed already. */
  remove(path: string): Promise<void>
}

/**
 * Of a command that changes something. Undefined when it ended well; otherwise what it said, in one line. Tools that try again say the
 * same again: once is enough.
 */
export async function failureOf(backend: Backend, command: Command, succeeded: readonly number[] = [0]): Promise<string | undefined> {
  return saidBy(command, await backend.run(command, { lane: 'change' }), succeeded)
}

/** The same of what has come of it already. */
export function saidBy([program]: Command, ran: Ran, succeeded: readonly number[] = [0]): string | undefined {
  switch (ran.kind) {
    case 'missing':
      return `there is no program ${program} in this dom0`
    case 'stopped':
      return `${program} was ${ran.reason}`
    case 'ended': {
      if (succeeded.includes(ran.exitCode)) return undefined
      const lines = ran.stderr
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
      const said = [...new Set(lines)].join('; ').slice(0, 300)
      return `${program} ended with exit code ${ran.exitCode}${said === '' ? '' : `: ${said}`}`
    }
  }
}
