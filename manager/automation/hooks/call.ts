// Hooks of the site: which executable a step calls, with what, and what its end means. Pure.
import type { StepAnswer } from '../journal.ts'
import type { HookCall } from '../ports.ts'

/** Milliseconds that one may take. */
export const HOOK_LIMIT = 60_000
/** Bytes that are kept of what it says, of each of stdout and stderr. */
export const MOST_OUTPUT = 64 << 10

export interface HookCommand {
  /** Of a file in the folder of hooks. */
  readonly file: string
  readonly args: readonly string[]
  readonly stdin: string
  /** Beside PATH and the like. A repeat has the same: a step that is begun again after a crash is told by it. */
  readonly environment: Readonly<Record<string, string>>
}

export type HookEnd =
  /** The site has none of this name. */
  | { readonly kind: 'none' }
  | { readonly kind: 'ended'; readonly exitCode: number; readonly stderr: string }
  /** It could not be run, or was ended. */
  | { readonly kind: 'failed'; readonly reason: string; readonly stderr: string }

/** Undefined for a name that is none of a file in that folder. */
export function commandOf({ when, name, recipe, automation, step, input }: HookCall): HookCommand | undefined {
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) return undefined
  return {
    file: `${when}-${name}`,
    args: [recipe, name],
    stdin: `${JSON.stringify(input ?? null)}\n`,
    environment: { HOSTLESS_AUTOMATION: automation, HOSTLESS_STEP: step },
  }
}

/** Before the fact whatever is not a clean end is a veto; after it a warning. */
export function answerOf({ when, name }: HookCall, end: HookEnd): StepAnswer {
  const reason = objection(end)
  if (reason === undefined) return { kind: 'value', value: {} }
  const said = `the hook ${when}-${name} ${reason}`
  return when === 'before' ? { kind: 'failed', cause: 'vetoed', reason: said } : { kind: 'value', value: { warning: said } }
}

function objection(end: HookEnd): string | undefined {
  switch (end.kind) {
    case 'none':
      return undefined
    case 'ended':
      return end.exitCode === 0 ? undefined : `said no (exit code ${end.exitCode})${sayOutput(end.stderr)}`
    case 'failed':
      return `${end.reason}${sayOutput(end.stderr)}`
  }
}

/** Of somebody's program: nothing in it acts on a terminal or a log. */
function sayOutput(stderr: string): string {
  const printable = stderr.replace(/[^\P{C}\n]/gu, '\ufffd').trim()
  return printable === '' ? '' : `: ${printable}`
}
