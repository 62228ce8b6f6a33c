// Asks a program of this machine, in the language that its parser knows.
import { execa } from 'execa'
import { type Reading, read, unread } from '../finding.ts'
import { programIn } from './programs.ts'

const PATIENCE = 10_000
const LARGEST = 32 << 20

/** What it writes; unread when it is not there, fails, or takes too long. */
export async function ask(name: string, ...args: readonly string[]): Promise<Reading<string>> {
  const path = await programIn(name)
  if (path === undefined) return unread(`${name} is not installed`)
  const ended = await execa(path, args, { reject: false, timeout: PATIENCE, maxBuffer: LARGEST, stdin: 'ignore', env: { LC_ALL: 'C' } })
  if (!ended.failed) return read(ended.stdout)
  const why = ended.timedOut ? `no answer within ${PATIENCE / 1000} s` : (ended.stderr.trim().split('\n')[0] ?? '')
  return unread(`${[name, ...args].join(' ')}: ${why || `exit ${ended.exitCode ?? ended.signal}`}`)
}
