// Programs of jobs: each in a session of its own, so that it goes on when the agent ends, its words and its exit code in files.
import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import type { Command } from '../backend.ts'
import { ENVIRONMENT } from '../exec.ts'
import type { Prepared, ProgramFiles, Programs } from './programs.ts'

/**
 * Begins only when it is told to: until its number is written down an agent that ends takes it along. The exit code is there whole or
 * not at all; a signal to end goes to the program, and its wrapper waits for it to obey.
 */
const WRAPPER = `read -r go || exit 125
trap : TERM
out=$1 err=$2 status=$3
shift 3
"$@" </dev/null >"$out" 2>"$err"
echo $? >"$status.new" && mv "$status.new" "$status"`

export const machinePrograms: Programs = {
  prepare: (command, files) => prepare(command, files),
  kill(pid, signal) {
    try {
      process.kill(-pid, signal)
    } catch {
      // It has ended by itself.
    }
  },
  async tail(path, bytes) {
    const file = await open(path, 'r').catch(() => undefined)
    if (!file) return { size: 0, text: '' }
    try {
      const { size } = await file.stat()
      const at = Math.max(0, size - bytes)
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, bytes)), 0, Math.min(size, bytes), at)
      return { size, text: buffer.subarray(0, bytesRead).toString('utf8') }
    } finally {
      await file.close()
    }
  },
}

function prepare(command: Command, { out, err, status }: ProgramFiles): Promise<Prepared> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', WRAPPER, 'hostless-job', out, err, status, ...command], {
      env: ENVIRONMENT,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    child.on('error', reject)
    child.stdin.on('error', () => undefined)
    child.on('spawn', () => {
      child.unref()
      const { pid } = child
      if (pid === undefined) reject(new Error('it has no process id'))
      else resolve({ pid, go: () => child.stdin.end('go\n'), drop: () => child.stdin.end() })
    })
  })
}
