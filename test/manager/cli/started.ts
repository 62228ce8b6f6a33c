// The CLI as a process of its own, in a pipe or on a terminal (script(1)), and what it has written so far.
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { execa } from 'execa'
import { hostless } from '../../program.ts'
import { until } from '../site.ts'

export interface Started {
  readonly out: () => string
  readonly err: () => string
  /** Waits until stdout (from `since` on) has it. */
  readonly says: (pattern: RegExp, since?: number) => Promise<string>
  readonly type: (text: string) => void
  readonly endInput: () => void
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => void
  readonly ended: Promise<number | undefined>
}

type Environment = Readonly<Record<string, string | undefined>>

export function startCli(t: ExecutionContext, environment: Environment, ...argv: string[]): Started {
  const [node, ...args] = hostless(...argv)
  return started(t, node, args, environment)
}

/** `command`: for sh, on a terminal of 80 columns. */
export function startOnTerminal(t: ExecutionContext, environment: Environment, command: string): Started {
  return started(t, 'script', ['-qec', `stty cols 80 rows 24; exec ${command}`, '/dev/null'], {
    TERM: 'xterm',
    SHELL: '/bin/sh',
    ...environment,
  })
}

/** A directory with the command `hostless` in it, for PATH. */
export async function commandIn(home: string): Promise<string> {
  const bin = join(home, 'bin')
  await mkdir(bin, { recursive: true })
  await writeFile(
    join(bin, 'hostless'),
    `#!/bin/sh\nexec ${hostless()
      .map((word) => `'${word}'`)
      .join(' ')} "$@"\n`,
  )
  await chmod(join(bin, 'hostless'), 0o755)
  return bin
}

function started(t: ExecutionContext, file: string, args: readonly string[], env: Environment): Started {
  const child = execa(file, args, { env, extendEnv: true, reject: false, buffer: false, stdin: 'pipe' })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString()
  })
  t.teardown(() => child.kill('SIGKILL'))
  return {
    out: () => out,
    err: () => err,
    says: (pattern, since = 0) =>
      until(`${pattern} in ${JSON.stringify(args.at(-1))}`, () => pattern.test(out.slice(since)) && out, 60_000).catch((error: unknown) => {
        throw new Error(`${String(error)}; it says ${JSON.stringify(out.slice(-2000))} and ${JSON.stringify(err)}`)
      }),
    type: (text) => void child.stdin.write(text),
    endInput: () => void child.stdin.end(),
    signal: (name) => void child.kill(name),
    ended: child.then(({ exitCode }) => exitCode),
  }
}
