// A source is one command or file and the pure parser of what it says. Whatever it says, a reading comes of it: what could be
// understood, and the reasons why there may be more.
import { LACKS, type Lacks } from '../../../manager/protocol/inventory.ts'
import type { Backend, Command, Ran } from '../backend.ts'

/** What a parser made of a text. No reason: all of it was understood. */
export interface Parsed<Value> {
  readonly value: Value
  readonly reasons: readonly Reason[]
}

/** Why a value may lack something: a text alone says that items may be missing. */
export type Reason = string | { readonly text: string; readonly lacks: Lacks }

export interface SourceProblem {
  /** The command line or the path. */
  readonly source: string
  readonly reason: Reason
}

/** What a source, or several together, gave. */
export interface Reading<Value> {
  readonly value: Value
  readonly problems: readonly SourceProblem[]
}

export type Source<Value> = (backend: Backend) => Promise<Reading<Value>>

export interface CommandSource<Value> {
  readonly command: Command
  readonly parse: (stdout: string) => Parsed<Value>
  /** A file without which there is nothing to tell: asking would load a kernel module, and who only looks must change nothing. */
  readonly needs?: string
  /** True when this end means that there is simply nothing to tell: no session, no such hardware. Otherwise a failure is a problem. */
  readonly nothing?: (ran: Extract<Ran, { kind: 'ended' }>) => boolean
  /** Which exit codes mean that it went well; only 0 unless given. */
  readonly succeeded?: (exitCode: number) => boolean
  /** True where a host may well be without this program. */
  readonly optional?: true
  /** True where a good end without a word says that there is nothing. Other programs always say something, and then were not heard. */
  readonly mayBeSilent?: true
}

export function commandSource<Value>(source: CommandSource<Value>): Source<Value> {
  const succeeded = source.succeeded ?? ((exitCode) => exitCode === 0)
  return async (backend) => {
    const name = source.command.join(' ')
    if (source.needs !== undefined && (await backend.readFile(source.needs)).kind === 'missing') {
      return reading(name, { value: source.parse('').value, reasons: [] })
    }
    const ran = await backend.run(source.command)
    switch (ran.kind) {
      case 'missing': {
        const reasons = source.optional ? [] : ['there is no such program in this dom0']
        return reading(name, { value: source.parse('').value, reasons })
      }
      case 'stopped': {
        const { value, reasons } = source.parse(ran.stdout)
        return reading(name, { value, reasons: [ran.reason, ...reasons] })
      }
      case 'ended': {
        if (source.nothing?.(ran)) return reading(name, { value: source.parse('').value, reasons: [] })
        const { value, reasons } = source.parse(ran.stdout)
        if (!succeeded(ran.exitCode)) return reading(name, { value, reasons: [failure(ran), ...reasons] })
        const isSilent = ran.stdout.trim() === '' && !source.mayBeSilent
        return reading(name, { value, reasons: isSilent ? ['it ended well and said nothing, which it never does'] : reasons })
      }
    }
  }
}

/** A file that is not there gives `absent`; of one that could not be read whole, items may be missing. */
export function fileSource<Value>(path: string, parse: (text: string) => Parsed<Value>, absent: Parsed<Value>): Source<Value> {
  return async (backend) => {
    const file = await backend.readFile(path)
    switch (file.kind) {
      case 'whole':
        return reading(path, parse(file.text))
      case 'cut': {
        const { value, reasons } = parse(file.text)
        return reading(path, { value, reasons: [file.reason, ...reasons] })
      }
      case 'missing':
        return reading(path, absent)
      case 'unreadable':
        return reading(path, { value: absent.value, reasons: [`it cannot be read: ${file.reason}`] })
    }
  }
}

/** A source that only adds to items which another one names: without it they lack this much, and none of them is missing. */
export function adding<Value>(lacks: Lacks, source: Source<Value>): Source<Value> {
  return async (backend) => {
    const { value, problems } = await source(backend)
    return { value, problems: problems.map((one) => ({ ...one, reason: atMost(one.reason, lacks) })) }
  }
}

export function reading<Value>(source: string, { value, reasons }: Parsed<Value>): Reading<Value> {
  return { value, problems: reasons.map((reason) => ({ source, reason })) }
}

export function textOf(reason: Reason): string {
  return typeof reason === 'string' ? reason : reason.text
}

export function lacksIn(reason: Reason): Lacks {
  return typeof reason === 'string' ? 'items' : reason.lacks
}

function atMost(reason: Reason, lacks: Lacks): Reason {
  return LACKS.indexOf(lacksIn(reason)) <= LACKS.indexOf(lacks) ? reason : { text: textOf(reason), lacks }
}

/** `exit code 5: the first line that it wrote to stderr`. */
function failure({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): string {
  const said = stderr.split('\n').find((line) => line.trim() !== '')
  return `exit code ${exitCode}${said === undefined ? '' : `: ${said.trim()}`}`
}
