// What a command answers, and what it has of the world around it.
import type { Log } from '../../../appliance/wire/log.ts'
import type { Environment } from './login-file.ts'
import { isTable, type OutputFormat, type Report, render, type Terminal } from './output/output.ts'
import { isPicked, type Shape, shaped } from './output/shape.ts'
import type { Prompt } from './prompt.ts'

/** What the commands have of the world around them. */
export interface World {
  readonly out: Terminal
  readonly err: Terminal
  readonly prompt: Prompt
  readonly environment: Environment
  /** For what is done on the manager's own machine. */
  readonly log: Log
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface Answer {
  readonly report: Report
  /** Where a table needs more than the report: the text for a terminal like this. */
  readonly table?: (look: Terminal) => string
  /** In the place of all that, whatever form was asked for, unless columns or an order were asked for. */
  readonly text?: string
  /** Names of the selector that nobody has. */
  readonly missing?: readonly string[]
  /** What is to be said besides on stderr, and ends the command with exit code 1. */
  readonly alert?: string
}

/** Throws a CommandFailure where there are no such columns. */
export function textOf({ report, table, text }: Answer, output: OutputFormat, look: Terminal, shape: Shape = {}): string {
  if (output === 'name') return render(shaped(report, shape.sort ? { sort: shape.sort } : {}), output, look)
  if (text !== undefined && !isPicked(shape)) return text
  if (!table || !isTable(output) || isPicked(shape) || shape.isBare) return render(shaped(report, shape), output, look)
  return table(output === 'wide' ? wide(look) : look)
}

function wide({ write, colour, unicode = false }: Terminal): Terminal {
  return { write, colour, unicode, columns: undefined }
}
