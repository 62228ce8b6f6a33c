// The machine that the agent runs on. Programs are started by name and arguments, a few at a time, and may take and say only so much.
import { open, readdir } from 'node:fs/promises'
import { execa } from 'execa'
import type { Backend, Clock, Command, Follow, Ran } from './backend.ts'

export interface ExecLimits {
  readonly timeoutSeconds: number
  /** Of stdout and of stderr, each; and of a file. */
  readonly bytes: number
  /** Programs at one time: dom0 has few CPUs and little memory, and they belong to the guests. */
  readonly programs: number
}

export const LIMITS: ExecLimits = { timeoutSeconds: 20, bytes: 16 << 20, programs: 3 }

/** Longest line of a followed program, in UTF-16 units; the rest of a longer one is dropped. */
const LONGEST_LINE = 4096

/** Tools speak English, and are found where Debian has them. */
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

export function machineBackend(limits: ExecLimits = LIMITS): Backend {
  const admit = atMost(limits.programs)
  return {
    run: (command) => admit(() => run(command, limits)),
    read: (path) => readText(path, limits.bytes),
    list: async (path) => (await readdir(path).catch(() => [])).sort(),
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

/** The program ends with the agent. */
export const followProgram: Follow = ([program, ...args], onLine, onEnd) => {
  const child = execa(program, args, {
    env: ENVIRONMENT,
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    buffer: false,
    reject: false,
  })
  let stopped = false
  let rest = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE)
    for (const line of lines) if (!stopped) onLine(line.slice(0, LONGEST_LINE))
  })
  child.then(({ exitCode, originalMessage }) => {
    if (!stopped) onEnd(originalMessage ?? `exit code ${exitCode}`)
  })
  return () => {
    stopped = true
    child.kill('SIGKILL')
  }
}

async function run([program, ...args]: Command, limits: ExecLimits): Promise<Ran> {
  const result = await execa(program, args, {
    env: ENVIRONMENT,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
    timeout: limits.timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: limits.bytes,
  })
  const { stdout, stderr, exitCode } = result
  if (result.code === 'ENOENT') return { kind: 'missing' }
  if (result.timedOut) return { kind: 'stopped', stdout, reason: `stopped after ${limits.timeoutSeconds} s` }
  if (result.isMaxBuffer) return { kind: 'stopped', stdout, reason: `stopped after ${limits.bytes} bytes of output` }
  if (exitCode !== undefined) return { kind: 'ended', exitCode, stdout, stderr }
  return { kind: 'stopped', stdout: stdout ?? '', reason: result.originalMessage ?? `ended by ${result.signal}` }
}

/** sysfs says 4096 bytes of everything, so it is read until there is no more. */
async function readText(path: string, limit: number): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>> | undefined
  try {
    file = await open(path, 'r')
    const chunks: Buffer[] = []
    for (let length = 0; length < limit; ) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65_536, limit - length)))
      if (bytesRead === 0) break
      chunks.push(buffer.subarray(0, bytesRead))
      length += bytesRead
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    return undefined
  } finally {
    await file?.close().catch(() => {})
  }
}

/** Lets through so many at a time; the others wait in their order. */
function atMost(limit: number): <Value>(action: () => Promise<Value>) => Promise<Value> {
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
