// What the agent needs of the machine that it runs on: commands, files, directories. exec.ts gives the real one, simulator.ts a made-up one.

export interface Backend {
  /** Runs a program, never by a shell. Does not reject: what went wrong is in the result. */
  run(command: Command, allowance?: Allowance): Promise<Ran>
  /** Text of a whole file; undefined when it is not there, is too long, or may not or cannot be read. */
  read(path: string): Promise<string | undefined>
  /** The same, for those to whom it matters which of these it is. Does not reject. */
  readFile(path: string): Promise<FileText>
  /** Names in a directory, sorted; none when it is not there. Rejects when it is, and cannot be read. */
  list(path: string): Promise<readonly string[]>
}

/** The program, then its arguments. */
export type Command = readonly [program: string, ...args: string[]]

/** What one program may take. What is left out is as the backend has it. */
export interface Allowance {
  readonly seconds?: number
  /** The programs of a lane wait for each other and for no others: one that hangs while it reads holds up no change. */
  readonly lane?: Lane
  /** Ends it before its time. */
  readonly signal?: AbortSignal
}

export type Lane = 'read' | 'change' | 'long' | 'urgent'

export type Ran =
  | { readonly kind: 'ended'; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  /** There is no such program here. */
  | { readonly kind: 'missing' }
  /** It did not come to its end, or said more than it may: what it had said by then, and why it was stopped. */
  | { readonly kind: 'stopped'; readonly stdout: string; readonly reason: string }

export type FileText =
  | { readonly kind: 'whole'; readonly text: string }
  /** Longer than may be: its beginning. */
  | { readonly kind: 'cut'; readonly text: string; readonly reason: string }
  | { readonly kind: 'missing' }
  /** It may be there. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/** Of what is known as a text, or is not there. */
export function fileText(text: string | undefined): FileText {
  return text === undefined ? { kind: 'missing' } : { kind: 'whole', text }
}

export function wholeText(file: FileText): string | undefined {
  return file.kind === 'whole' ? file.text : undefined
}

/** A program that goes on talking: each line as it comes, and once why there will be no more. */
export type Follow = (command: Command, onLine: (line: string) => void, onEnd: (reason: string) => void) => Stop
/** After it has returned, nothing more is called. */
export type Stop = () => void

export interface Clock {
  /** Milliseconds since the epoch; may jump. */
  wall(): number
  /** Milliseconds since some moment; never jumps. */
  steady(): number
  /** Calls once, so many milliseconds from now, unless it is stopped before. */
  after(milliseconds: number, action: () => void): Stop
}

/** One machine, real or simulated. */
export interface Host {
  readonly backend: Backend
  readonly follow: Follow
  readonly clock: Clock
}

/** The same machine, asking for each thing once only: what several sections need is read once, and of one moment. */
export function remembering(backend: Backend): Backend {
  const ran = new Map<string, Promise<Ran>>()
  const read = new Map<string, Promise<FileText>>()
  const listed = new Map<string, Promise<readonly string[]>>()
  const readFile = (path: string) => remembered(read, path, () => backend.readFile(path))
  return {
    run: (command, allowance) => remembered(ran, command.join('\0'), () => backend.run(command, allowance)),
    read: async (path) => wholeText(await readFile(path)),
    readFile,
    list: (path) => remembered(listed, path, () => backend.list(path)),
  }
}

function remembered<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const before = known.get(key)
  if (before !== undefined) return before
  const value = make()
  known.set(key, value)
  return value
}
