// The CLI as its user has it, in this process: arguments in, exit code and both streams out.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { Command } from 'commander'
import { addCommands, wantedOf } from '../../../manager/cli/commands/commands.ts'
import { CommandFailure, runProgram } from '../../../manager/cli/engine/failure.ts'
import type { Environment } from '../../../manager/cli/engine/login-file.ts'
import type { Terminal } from '../../../manager/cli/engine/output/output.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'
import type { FakeManager } from './fake-manager.ts'
import { SECRET } from './fake-pool.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Setting {
  readonly environment: Environment
  /** Missing: a pipe. */
  readonly columns?: number
  readonly colour?: boolean
  readonly unicode?: boolean
  /** What the person answers, one after the other; missing: no terminal, and this on stdin. */
  readonly answers?: readonly string[]
  readonly stdin?: string
}

export async function run(
  { environment, columns, colour = false, unicode = true, answers, stdin = '' }: Setting,
  ...argv: string[]
): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []]
  const into = (texts: string[]) => (text: string) => void texts.push(text)
  const terminal = (texts: string[]): Terminal => ({ write: into(texts), columns, rows: columns && 30, colour, unicode })
  const left = [...(answers ?? [])]
  const next = (question: string): string => {
    err.push(question)
    const answer = left.shift()
    if (answer === undefined) throw new CommandFailure(`nobody answers ${question}`)
    return answer
  }
  const prompt = {
    isTerminal: answers !== undefined,
    secret: async (question: string) => (answers ? next(question) : stdin),
    ask: async (question: string) => (answers ? next(question) : undefined),
  }
  const program = new Command('hostless').version('0.0.0')
  const log = async () => collectingLog().log
  await addCommands(
    program,
    { out: terminal(out), err: terminal(err), environment, prompt, serverLog: log, log, now: Date.now },
    wantedOf(argv),
  )
  quiet(program, into(out), into(err))
  const code = await runProgram(program, argv, into(err))
  return { code, out: out.join(''), err: err.join('') }
}

function quiet(command: Command, writeOut: (text: string) => void, writeErr: (text: string) => void): void {
  command.configureOutput({ writeOut, writeErr })
  for (const inner of command.commands) quiet(inner, writeOut, writeErr)
}

/** A home directory of one's own, and the variables that name a manager. */
export async function settingFor(
  t: ExecutionContext,
  manager: FakeManager,
): Promise<{ readonly environment: Environment; readonly home: string }> {
  const home = await homeFor(t)
  const ca = join(home, 'ca.pem')
  await writeFile(ca, manager.authority)
  return { home, environment: { HOME: home, HOSTLESS_MANAGER: manager.url, HOSTLESS_TOKEN: SECRET, HOSTLESS_CA: ca } }
}

export async function homeFor(t: ExecutionContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'hl-home-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  return home
}
