// How a command ends: exit code 0 done, 1 failed, 2 used wrongly, 3 done for some of what was named, 4 nothing is called so; one
// message on stderr that says what to do.
import { type Command, CommanderError } from 'commander'
import { oneLine } from './output/text.ts'

export type FailureCode = 1 | 2 | 3 | 4

/** A refusal that the user reads. The message says what was wrong, with what, and what to do. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: FailureCode

  constructor(message: string, exitCode: FailureCode = 1, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}

/** Runs the command that `argv` (without node and script) names. Resolves with the exit code, never rejects. */
export async function runProgram(program: Command, argv: readonly string[], complain: (text: string) => void): Promise<number> {
  leaveExitToUs(program)
  try {
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2 // commander has said it already
    complain(`error: ${messageOf(error)}\n`)
    return error instanceof CommandFailure ? error.exitCode : 1
  }
}

function leaveExitToUs(command: Command): void {
  command.exitOverride()
  for (const inner of command.commands) leaveExitToUs(inner)
}

/** The message with its causes, each on a line of its own. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  const message = error.message.split('\n').map(oneLine).join('\n')
  return error.cause === undefined ? message : `${message}\n  because: ${messageOf(error.cause)}`
}
