// The machine that the agent runs on. Programs are started by name and arguments, a few at a time, and may take and say only so much.
// By Node's own spawn and not by execa, which waits for a daemon's pipe for ever and costs dom0 6 MB.
import { spawn } from 'node:child_process'
import { open, readdir } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { type Backend, type Clock, type Command, type FileText, type Follow, type Lane, type Ran, wholeText } from './backend.ts'
import { type ProgramLimits, shells, UNWANTED } from './shells.ts'

export interface ExecLimits {
  /** For a program whose command has no limit of its own. */
  readonly timeoutSeconds: number
  /** Of stdout and of stderr, each; and of a file. */
  readonly bytes: number
  /** Programs of one lane at one time: dom0 has few CPUs and little memory, and they belong to the guests. */
  readonly programs: number
}

export const LIMITS: ExecLimits = { timeoutSeconds: 20, bytes: 16 << 20, programs: 3 }

/** Longest line of a followed program, in UTF-16 units; the rest of a longer one is dropped. */
const LONGEST_LINE = 4096

/** Milliseconds that a program's last words may take after its end. */
const LINGER = 500

/** Tools speak English, and are found where Debian has them. */
export const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

export function machineBackend(limits: ExecLimits = LIMITS): Backend {
  const lanes = new Map<Lane, Admit>()
  const laneOf = (name: Lane): Admit => {
    const lane = lanes.get(name) ?? atMost(limits.programs)
    lanes.set(name, lane)
    return lane
  }
  // What changes something is started by the agent itself: it may leave a daemon behind, and hold its output open.
  const look = shells(ENVIRONMENT)
  return {
    run: (command, { seconds = limits.timeoutSeconds, lane = 'read', signal } = {}) =>
      laneOf(lane)(() =>
        (lane === 'read' ? look : run)(command, { bytes: limits.bytes, seconds, signal }).catch((error: unknown) => ({
          kind: 'stopped',
          stdout: '',
          reason: messageOf(error),
        })),
      ),
    read: async (path) => wholeText(await readText(path, limits.bytes)),
    readFile: (path) => readText(path, limits.bytes),
    list: namesIn,
  }
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    return (await readdir(path)).sort()
  } catch (error) {
    if (isAbsence(error)) return []
    throw error
  }
}

export const machineClock: Clock = {
  wall: () => Date.now(),
  steady: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds)
    return () => clearTimeout(timer)
  },
}

/** Ends with `stop`, and when the agent ends: nobody reads its lines any more. */
export const followProgram: Follow = (command, onLine, onEnd) => {
  let stopped = false
  let rest = ''
  const end = (reason: string): void => {
    if (!stopped) onEnd(reason)
    stopped = true
  }
  let child: ReturnType<typeof start>
  try {
    child = start(command)
  } catch (error) {
    setImmediate(end, messageOf(error))
    return () => {
      stopped = true
    }
  }
  child.stderr.resume()
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE)
    for (const line of lines) if (!stopped) onLine(line.slice(0, LONGEST_LINE))
  })
  child.on('error', (error) => end(error.message))
  child.on('close', (code, signal) => end(code === null ? `ended by ${signal}` : `exit code ${code}`))
  return () => {
    stopped = true
    killGroup(child)
  }
}

function run(command: Command, { bytes, seconds, signal }: ProgramLimits): Promise<Ran> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve({ kind: 'stopped', stdout: '', reason: UNWANTED })
      return
    }
    const child = start(command)
    const [stdout, stderr] = [child.stdout, child.stderr].map((stream) =>
      gather(stream, bytes, () => stop(`stopped after ${bytes} bytes of output`)),
    )
    const said = (text: (() => string) | undefined): string => text?.() ?? ''
    const timer = setTimeout(() => stop(`stopped after ${seconds} s`), seconds * 1000)
    const unwanted = (): void => stop(UNWANTED)
    signal?.addEventListener('abort', unwanted, { once: true })
    let linger: NodeJS.Timeout | undefined
    const settle = (ran: Ran): void => {
      clearTimeout(timer)
      clearTimeout(linger)
      signal?.removeEventListener('abort', unwanted)
      child.stdout.destroy()
      child.stderr.destroy()
      resolve(ran)
    }
    const stop = (reason: string): void => {
      settle({ kind: 'stopped', stdout: said(stdout), reason })
      killGroup(child)
    }
    const ended = (code: number | null, by: string | null): void =>
      settle(
        code === null
          ? { kind: 'stopped', stdout: said(stdout), reason: `ended by ${by}` }
          : { kind: 'ended', exitCode: code, stdout: said(stdout), stderr: said(stderr) },
      )
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ENOENT' ? { kind: 'missing' } : { kind: 'stopped', stdout: '', reason: error.message }),
    )
    child.on('close', ended)
    // A daemon that it has left behind may hold its output open for ever. What it said itself is read before its end is told: after a
    // loop that was busy the timer is due before the pipe has been looked at, which happens between the timers and the immediates.
    child.on('exit', (code, by) => {
      linger = setTimeout(() => setImmediate(ended, code, by), LINGER)
    })
  })
}

/**
 * In a group of its own, so that it can be ended with all that it has started. Throws where the system's refusal is none of those that
 * Node reports as an event: arguments too long, a file system that cannot do it.
 */
function start([program, ...args]: Command) {
  return spawn(program, args, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
}

function killGroup({ pid }: { readonly pid?: number | undefined }): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What a stream says, as text, up to a limit; `onFull` is called once when there is more. */
function gather(stream: Readable, limit: number, onFull: () => void): () => string {
  const chunks: Buffer[] = []
  let length = 0
  stream.on('data', (chunk: Buffer) => {
    if (length >= limit) return
    chunks.push(chunk.subarray(0, limit - length))
    length += chunk.length
    if (length >= limit) onFull()
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

/** sysfs says 4096 bytes of everything, so it is read until there is no more. */
async function readText(path: string, limit: number): Promise<FileText> {
  let file: Awaited<ReturnType<typeof open>> | undefined
  try {
    file = await open(path, 'r')
    const chunks: Buffer[] = []
    let length = 0
    while (length <= limit) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65_536, limit + 1 - length)))
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    const text = Buffer.concat(chunks).subarray(0, limit).toString('utf8')
    return length > limit ? { kind: 'cut', text, reason: `it has more than ${limit} bytes` } : { kind: 'whole', text }
  } catch (error) {
    return isAbsence(error) ? { kind: 'missing' } : { kind: 'unreadable', reason: messageOf(error) }
  } finally {
    await file?.close().catch(() => {})
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

type Admit = <Value>(action: () => Promise<Value>) => Promise<Value>

/** Lets through so many at a time; the others wait in their order. */
function atMost(limit: number): Admit {
  const waiting: (() => void)[] = []
  let running = 0
  return async (action) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await action()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
