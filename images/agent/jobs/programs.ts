// A program of a job, from its start or found again by the agent after this one, until its end. Decides by what /proc and its files say;
// what touches processes is handed in.
import type { Backend, Clock, Command, FileText, Ran } from '../backend.ts'
import { pause } from '../pause.ts'
import { type Lasting, LostProgram, type Task } from '../requests/task.ts'
import type { Files } from '../requests/world.ts'
import { groupIn, type Started, TICKS, ticksIn, ticksNow } from './record.ts'

export interface ProgramFiles {
  readonly out: string
  readonly err: string
  /** Its exit code, once it has ended. */
  readonly status: string
}

export interface Prepared {
  readonly pid: number
  /** Now it begins; or it never does. */
  go(): void
  drop(): void
}

export interface Programs {
  /** A process in a session of its own that waits to be told to begin, and ends if its agent ends before. */
  prepare(command: Command, files: ProgramFiles): Promise<Prepared>
  /** All of its session. */
  kill(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void
  /** The last bytes of a file. None when it is not there. */
  tail(path: string, bytes: number): Promise<{ readonly size: number; readonly text: string }>
}

export interface ProgramsWorld {
  readonly backend: Pick<Backend, 'read' | 'readFile' | 'list'>
  readonly files: Pick<Files, 'remove'>
  readonly clock: Pick<Clock, 'steady' | 'after'>
  readonly programs: Programs
}

/** Of what it says, each: it lies in RAM. */
const MOST_SAID = 8 << 20
const TAIL = 4096
/** Milliseconds between looks: first and at most. */
const FIRST_LOOK = 20
const LOOK = 500
/** Milliseconds from the polite signal to the other. */
const POLITE = 2500

/** Resolves with what to write down of it before it begins. */
export async function prepare(
  { backend, files, programs }: ProgramsWorld,
  command: Command,
  at: ProgramFiles,
): Promise<Prepared & { readonly started: Started }> {
  for (const path of [at.out, at.err, at.status]) await files.remove(path)
  const prepared = await programs.prepare(command, at)
  const ticks = ticksIn(await backend.read(statOf(prepared.pid)))
  if (ticks === undefined) {
    prepared.drop()
    throw new Error(`${command[0]} did not start`)
  }
  return { ...prepared, started: { pid: prepared.pid, ticks } }
}

/** Until its end, whoever has started it. Rejects with LostProgram when nobody knows how it ended. */
export async function follow(
  world: ProgramsWorld,
  [program]: Command,
  started: Started,
  at: ProgramFiles,
  { seconds, progressOf }: Lasting,
  { signal, tell }: Pick<Task, 'signal' | 'tell'>,
): Promise<Ran> {
  const { backend, clock, programs } = world
  let stopping: { readonly reason: string; readonly since: number } | undefined
  for (let wait = FIRST_LOOK; ; wait = Math.min(LOOK, wait * 2)) {
    // In this order: one that ends between the two has left its status.
    const isThere = await isRunning(backend, started)
    const status = await backend.read(at.status)
    if (stopping && (status === undefined ? !isThere : Number(status) !== 0))
      return { kind: 'stopped', stdout: saidIn(await backend.readFile(at.out)).text, reason: stopping.reason }
    if (status !== undefined) return ranOf(Number(status), saidIn(await backend.readFile(at.out)), saidIn(await backend.readFile(at.err)))
    if (!isThere) throw new LostProgram(`${program} has ended, and nobody was there to see how`)
    const [out, err] = [await programs.tail(at.out, TAIL), await programs.tail(at.err, TAIL)]
    const progress = progressOf?.(out.text, err.text)
    if (progress) tell(progress)
    const now = ticksNow(await backend.read('/proc/uptime'))
    const reason = signal.aborted
      ? 'stopped before its end'
      : now !== undefined && now - started.ticks > seconds * TICKS
        ? `stopped after ${seconds} s`
        : out.size > MOST_SAID || err.size > MOST_SAID
          ? `stopped after ${MOST_SAID} bytes of output`
          : undefined
    if (!stopping && reason !== undefined) {
      stopping = { reason, since: clock.steady() }
      programs.kill(started.pid, 'SIGTERM')
    } else if (stopping && clock.steady() - stopping.since > POLITE) programs.kill(started.pid, 'SIGKILL')
    await pause(clock, stopping ? FIRST_LOOK * 5 : wait, stopping ? undefined : signal)
  }
}

/** As sh tells it: 127 is a program that is not there, more than 128 a signal. */
function ranOf(code: number, out: SaidText, err: SaidText): Ran {
  const stdout = out.text
  if (code === 127 && /not found\s*$/.test(err.text)) return { kind: 'missing' }
  if (code > 128) return { kind: 'stopped', stdout, reason: `ended by signal ${code - 128}` }
  const unread = out.unread ?? err.unread
  if (unread !== undefined)
    return { kind: 'stopped', stdout, reason: `it ended with ${code}, and not all that it said was read: ${unread}` }
  return { kind: 'ended', exitCode: code, stdout, stderr: err.text }
}

interface SaidText {
  readonly text: string
  /** Why it said more than that. */
  readonly unread?: string
}

function saidIn(file: FileText): SaidText {
  switch (file.kind) {
    case 'whole':
      return { text: file.text }
    case 'cut':
      return { text: file.text, unread: file.reason }
    case 'missing':
      return { text: '', unread: 'the file of its words is gone' }
    case 'unreadable':
      return { text: '', unread: file.reason }
  }
}

/** Its wrapper, or without that whatever is left of its session: it may still write. */
async function isRunning(backend: Pick<Backend, 'read' | 'list'>, { pid, ticks }: Started): Promise<boolean> {
  const leader = ticksIn(await backend.read(statOf(pid)))
  if (leader !== undefined) return leader === ticks
  for (const name of await backend.list('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await backend.read(`/proc/${name}/stat`)
    if (ticksIn(stat) !== undefined && groupIn(stat) === pid) return true
  }
  return false
}

function statOf(pid: number): string {
  return `/proc/${pid}/stat`
}
