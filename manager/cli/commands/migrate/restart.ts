// The options of `hostless migrate` that let a guest be stopped for its move, and what they ask of the manager.
import { type Command, Option } from 'commander'
import { CommandFailure } from '../../engine/failure.ts'
import { wholeNumber } from '../../engine/quantities.ts'

export interface RestartOptions {
  /** Where it cannot go live. */
  readonly restart?: true | undefined
  readonly restartAlways?: true | undefined
  readonly timeout?: number | undefined
  readonly hard?: true | undefined
  readonly compare?: 'running' | 'stopped' | undefined
}

export function addRestartOptions(command: Command): Command {
  return command
    .option('--restart', 'what cannot go live: copy its disks while it runs, then stop it, and start it there (refused)')
    .option('--restart-always', 'so also what can go live')
    .option('--timeout <seconds>', 'of those: that each has to power off (120)', wholeNumber(1, 86_400))
    .option('--hard', 'end it without its help when that is over (it stays, and goes on)')
    .addOption(
      new Option('--compare <when>', 'all of the copy with the disks: in the stop, which is longer by it, or before it (stopped)').choices([
        'running',
        'stopped',
      ]),
    )
}

/** Throws where one of the others is given without `--restart`. */
export function restartOf({ restart, restartAlways, timeout, hard, compare }: RestartOptions) {
  const alone = timeout !== undefined ? '--timeout' : hard ? '--hard' : compare !== undefined ? '--compare' : undefined
  if (!restart && !restartAlways) {
    if (alone !== undefined) throw new CommandFailure(`${alone} says how a guest is stopped: give --restart, too`, 2)
    return {}
  }
  return {
    restart: {
      ...(restartAlways ? { when: 'always' as const } : {}),
      ...(timeout === undefined ? {} : { seconds: timeout }),
      ...(hard ? { how: 'clean, then hard' as const } : {}),
      ...(compare === undefined ? {} : { compare }),
    },
  }
}
