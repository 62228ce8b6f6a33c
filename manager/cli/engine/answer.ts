// What a command answers, and what it has of the world around it.
import type { Log } from '../../../appliance/wire/log.ts'
import type { Environment } from './login-file.ts'
import { type OutputFormat, type Report, render, type Terminal } from './output/output.ts'
import type { Prompt } from './prompt.ts'

/** What the commands have of the world around them. */
export interface World {
  readonly out: Terminal
  readonly err: Terminal
  readonly prompt: Prompt
  readonly environment: Environment
  /** For what is done on the manager's own machine. */
  readonly log: Log
}

export interface Answer {
  readonly report: Report
  /** Where a table needs more than the report: the text for a terminal like this. */
  readonly table?: (look: Terminal) => string
  /** In the place of all that, whatever form was asked for. */
  readonly text?: string
  /** Names of the selector that nobody has. */
  readonly missing?: readonly string[]
  /** What is to be said besides on stderr, and ends the command with exit code 1. */
  readonly alert?: string
}

export function textOf({ report, table, text }: Answer, output: OutputFormat, look: Terminal): string {
  if (text !== undefined) return text
  return table && output === 'table' ? table(look) : render(report, output, look)
}
