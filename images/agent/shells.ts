// Programs that only look are started by shells that stay. To start one, Linux copies the page tables of who starts it (fork(2)), and those
// of a Node process are large: under an emulated Xen that took the agent 70 ms and more for each program, with its loop standing still,
// which was a fifth of all that dom0 did. A shell is small, and its copy is made while the agent goes on.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { Command, Ran } from './backend.ts'

export interface ProgramLimits {
  /** Of stdout and of stderr, each. */
  readonly bytes: number
  readonly seconds: number
  readonly signal: AbortSignal | undefined
}

type RunInShell = (command: Command, limits: ProgramLimits) => Promise<Ran>

/** As many shells as programs run at one time, each kept for the next ones. One whose program had to be stopped goes with it. */
export function shells(environment: NodeJS.ProcessEnv): RunInShell {
  let idle: readonly Shell[] = []
  return async (command, limits) => {
    const [shell = new Shell(environment), ...others] = idle.filter(({ isFit }) => isFit)
    idle = others
    const ran = await shell.run(command, limits)
    idle = [shell, ...idle]
    return ran
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/** Of a program that nobody wants any more. */
export const UNWANTED = 'stopped before its end'

/** A shell's words for a program that is there and cannot be run, and for one that a signal has ended. */
const UNABLE = 126
const SIGNALLED = 128
const MOST_SIGNALS = 64
const MISSING = 'missing'
/** Characters of a mark with its word. */
const LONGEST_END = 64

interface Awaited {
  readonly limits: ProgramLimits
  readonly out: Stream
  readonly err: Stream
  readonly settle: (ran: Ran) => void
}

class Shell {
  readonly #child: Child
  #awaited: Awaited | undefined
  #ended: string | undefined

  constructor(environment: NodeJS.ProcessEnv) {
    // In a group of its own, so that it can be ended with all that it has started.
    this.#child = spawn('sh', [], { env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.#child.on('error', (error) => this.#end(error.message))
    this.#child.on('exit', (code, signal) => this.#end(signal === null ? `its shell ended with exit code ${code}` : `ended by ${signal}`))
    this.#child.stdin.on('error', () => undefined)
    this.#child.stdout.on('data', (chunk: Buffer) => this.#hear('out', chunk))
    this.#child.stderr.on('data', (chunk: Buffer) => this.#hear('err', chunk))
    this.#hold('unref')
  }

  /** It takes another program. */
  get isFit(): boolean {
    return this.#ended === undefined && this.#awaited === undefined
  }

  run(command: Command, limits: ProgramLimits): Promise<Ran> {
    return new Promise((resolve) => {
      const reason = this.#ended ?? (command.some((word) => word.includes('\0')) ? 'no argument can have a NUL in it' : undefined)
      if (reason !== undefined || limits.signal?.aborted) {
        resolve({ kind: 'stopped', stdout: '', reason: reason ?? UNWANTED })
        return
      }
      const mark = randomBytes(16).toString('hex')
      const timer = setTimeout(() => this.#stop(`stopped after ${limits.seconds} s`), limits.seconds * 1000)
      const unwanted = (): void => this.#stop(UNWANTED)
      limits.signal?.addEventListener('abort', unwanted, { once: true })
      const settle = (ran: Ran): void => {
        clearTimeout(timer)
        limits.signal?.removeEventListener('abort', unwanted)
        this.#awaited = undefined
        this.#hold('unref')
        resolve(ran)
      }
      this.#awaited = { limits, out: new Stream(mark), err: new Stream(mark), settle }
      this.#hold('ref')
      this.#child.stdin.write(lineOf(command, mark))
    })
  }

  #hear(name: 'out' | 'err', chunk: Buffer): void {
    const awaited = this.#awaited
    if (!awaited) {
      // Somebody whom a program has left behind goes on speaking, and would speak into what the next one says.
      this.#leave()
      return
    }
    const stream = awaited[name]
    stream.take(chunk)
    if (stream.length > awaited.limits.bytes) this.#stop(`stopped after ${awaited.limits.bytes} bytes of output`)
    else if (awaited.out.isEnded && awaited.err.isEnded) awaited.settle(ranOf(awaited))
  }

  #stop(reason: string): void {
    const { out, limits, settle } = this.#awaited ?? {}
    this.#leave()
    settle?.({ kind: 'stopped', stdout: out?.text(limits?.bytes) ?? '', reason })
  }

  /** It takes no more, and nothing of it stays. */
  #leave(): void {
    this.#ended ??= 'its shell was ended'
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy()
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }

  #end(reason: string): void {
    this.#ended ??= reason
    this.#stop(reason)
  }

  /** While nothing is asked of it, it keeps no process from its end; and it ends when nobody can ask any more. */
  #hold(how: 'ref' | 'unref'): void {
    this.#child[how]()
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) (stream as unknown as Socket)[how]()
  }
}

/** What is said up to the mark, which is the last that is said; nothing is searched but the end, as a program may say megabytes. */
class Stream {
  readonly #end: RegExp
  readonly #chunks: Buffer[] = []
  #tail = ''
  #word: string | undefined
  length = 0

  constructor(mark: string) {
    this.#end = new RegExp(`\\n${mark} (\\w*)\\n$`)
  }

  /** Its program has come to its end, and all that it said is here. */
  get isEnded(): boolean {
    return this.#word !== undefined
  }

  /** What the shell said of the end. */
  get word(): string {
    return this.#word ?? ''
  }

  take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
    this.#tail = (this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - LONGEST_END))).slice(-LONGEST_END)
    const end = this.#tail.endsWith('\n') ? this.#end.exec(this.#tail) : null
    if (!end) return
    this.#word = end[1] ?? ''
    this.length -= end[0].length
  }

  text(bytes = this.length): string {
    return Buffer.concat(this.#chunks, Math.min(bytes, this.length)).toString('utf8')
  }
}

function ranOf({ out, err }: Awaited): Ran {
  if (out.word === MISSING) return { kind: 'missing' }
  const status = Number(out.word)
  const stderr = err.text()
  if (status === UNABLE) return { kind: 'stopped', stdout: out.text(), reason: `it cannot be run: ${stderr.trim().slice(-300)}` }
  if (status > SIGNALLED && status <= SIGNALLED + MOST_SIGNALS)
    return { kind: 'stopped', stdout: out.text(), reason: `ended by signal ${status - SIGNALLED}` }
  return { kind: 'ended', exitCode: status, stdout: out.text(), stderr }
}

/** One command line of sh(1). The mark stands on a line of its own, though what was said before has none. */
function lineOf(command: Command, mark: string): string {
  const words = command.map(quoted)
  // By exec, as the shell has some programs' names for itself.
  const run = `(exec ${words.join(' ')}) </dev/null; s=$?; [ $s -ne 127 ] || command -v ${words[0]} >/dev/null || s=${MISSING}`
  return `${run}; printf '\\n%s %s\\n' ${mark} $s; printf '\\n%s \\n' ${mark} >&2\n`
}

/** As one word. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
