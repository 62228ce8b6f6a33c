// Runs the site's hooks, on the manager and never in a dom0: each in a process group of its own, that ends with its time or its automation.
import { spawn } from 'node:child_process'
import { access, constants, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { HookCall, Hooks } from '../ports.ts'
import { answerOf, commandOf, HOOK_LIMIT, type HookCommand, type HookEnd, MOST_OUTPUT } from './call.ts'

/** For what a hook that has ended has said, milliseconds. */
const LAST_WORDS = 2000

export interface HookOptions {
  /** Of the config; undefined: the site has none. */
  readonly folder: string | undefined
  /** Milliseconds; left out: HOOK_LIMIT. */
  readonly limit?: number
}

export function siteHooks({ folder, limit = HOOK_LIMIT }: HookOptions): Hooks {
  return {
    run(call) {
      const killing = new AbortController()
      const ended = runHook(folder, call, limit, killing.signal).then((end) => answerOf(call, end))
      return { ended, kill: () => killing.abort() }
    },
  }
}

/** What is wrong with it, and what to do: whoever may write there may do what the manager may. */
export async function folderFault(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error.code ?? error.message)
  if (typeof found === 'string') return `manager.hooks ${folder} cannot be looked at (${found}): make it, or leave the key out`
  if (!found.isDirectory()) return `manager.hooks ${folder} is no folder`
  if ((found.mode & 0o022) === 0) return undefined
  return `manager.hooks ${folder} may be written by others than its owner: chmod go-w ${folder}`
}

/** Never rejects. */
async function runHook(folder: string | undefined, call: HookCall, limit: number, signal: AbortSignal): Promise<HookEnd> {
  const command = commandOf(call)
  if (folder === undefined) return { kind: 'none' }
  if (!command) return failed('has no name that a file may have')
  const path = join(folder, command.file)
  if (!(await may(path, constants.F_OK))) return { kind: 'none' }
  if (!(await may(path, constants.X_OK))) return failed(`cannot be run: chmod +x ${path}`)
  return spawned(path, command, limit, signal)
}

function spawned(path: string, { args, stdin, environment }: HookCommand, limit: number, signal: AbortSignal): Promise<HookEnd> {
  return new Promise((resolve) => {
    const child = spawn(path, args, {
      cwd: '/',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    let reason: string | undefined
    const stderr = kept()
    const kill = (why: string): void => {
      reason ??= why
      // What it has started goes with it, also when it has ended itself and left that behind.
      if (child.pid !== undefined) endGroup(child.pid)
    }
    const stopped = (): void => kill('was ended, as its automation was')
    const timer = setTimeout(() => kill(`was ended after ${limit / 1000} s`), limit)
    if (signal.aborted) stopped()
    signal.addEventListener('abort', stopped, { once: true })
    child.on('error', (error) => end(failed(`cannot be run: ${error.message}`)))
    child.on('exit', (code, signalled) => {
      if (child.pid !== undefined) endGroup(child.pid)
      // What it said may still be on its way; one that has left its process group may keep the pipe open for good.
      const heard = (): void => {
        clearTimeout(patience)
        if (reason !== undefined) end(failed(reason, stderr.text()))
        else if (code === null) end(failed(`was ended by ${signalled}`, stderr.text()))
        else end({ kind: 'ended', exitCode: code, stderr: stderr.text() })
      }
      const patience = setTimeout(() => child.stderr.destroy(), LAST_WORDS)
      child.stderr.on('close', heard)
      if (child.stderr.closed) heard()
    })
    child.stdout.resume()
    child.stderr.on('data', (bytes: Buffer) => stderr.add(bytes))
    child.stdin.on('error', () => undefined) // it need not read it
    child.stdin.end(stdin)
    function end(how: HookEnd): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', stopped)
      resolve(how)
    }
  })
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}

function kept(): { readonly add: (bytes: Buffer) => void; readonly text: () => string } {
  const parts: Buffer[] = []
  let length = 0
  return {
    add(bytes) {
      const part = bytes.subarray(0, MOST_OUTPUT - length)
      length += part.length
      if (part.length > 0) parts.push(part)
    },
    text: () => Buffer.concat(parts).toString('utf8'),
  }
}

function may(path: string, how: number): Promise<boolean> {
  return access(path, how).then(
    () => true,
    () => false,
  )
}

function failed(reason: string, stderr = ''): HookEnd {
  return { kind: 'failed', reason, stderr }
}
