// What the word under the cursor may become: commands, options, choices, or names that the manager knows. Pure: commander's own tree
// of commands says what there is.
import type { Command, Option } from 'commander'

export interface Candidate {
  readonly value: string
  readonly description: string
}

/** What only the manager knows. */
export type Named = 'hosts' | 'guests' | 'storage' | 'networks' | 'things' | 'alarms' | 'users' | 'tokens'

export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'named'; readonly of: Named }
  /** `+rack3`, `-rack3`. */
  | { readonly kind: 'group-changes' }

const NONE: Completion = { kind: 'words', candidates: [] }

/** `words`: what follows the command's name; the last one is under the cursor and may be empty. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const word = words.at(-1) ?? ''
  const { command, operands, pending } = walk(program, words.slice(0, -1))
  if (pending) return completionOfValue(pending)
  const [, name, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? []
  if (name !== undefined && value !== undefined) {
    const option = optionOf(command, name)
    const completion = option ? completionOfValue(option) : NONE
    if (completion.kind !== 'words') return completion
    return startingWith(
      word,
      completion.candidates.map((one) => ({ ...one, value: `${name}=${one.value}` })),
    )
  }
  const isGroupChange = pathOf(command) === 'host group' && operands > 0
  if (word.startsWith('-') && !(isGroupChange && !word.startsWith('--'))) return startingWith(word, optionsOf(command))
  if (isGroupChange) return { kind: 'group-changes' }
  if (command.commands.length > 0 && operands === 0) return startingWith(word, commandsOf(command))
  return operandOf(command, operands, word)
}

interface Place {
  readonly command: Command
  readonly operands: number
  /** The option whose value comes next. */
  readonly pending: Option | undefined
}

function walk(program: Command, words: readonly string[]): Place {
  let place: Place = { command: program, operands: 0, pending: undefined }
  for (const word of words) {
    const { command, operands, pending } = place
    if (pending) {
      place = { command, operands, pending: undefined }
    } else if (word.startsWith('-')) {
      const option = optionOf(command, word)
      place = { command, operands, pending: option?.required || option?.optional ? option : undefined }
    } else {
      const inner = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined
      place = inner ? { command: inner, operands: 0, pending: undefined } : { command, operands: operands + 1, pending: undefined }
    }
  }
  return place
}

function optionOf(command: Command, flag: string): Option | undefined {
  return command.options.find(({ long, short }) => flag === long || flag === short)
}

function optionsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ value: long, description }] : []))
}

function commandsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), description: one.description() }))
}

function completionOfValue({ argChoices, flags, long }: Option): Completion {
  if (argChoices) return choices(argChoices)
  if (/<(file|dir)>/.test(flags)) return { kind: 'files' }
  switch (long) {
    case '--from':
      return { kind: 'named', of: 'hosts' }
    case '--network':
      return { kind: 'named', of: 'networks' }
    case '--storage':
      return { kind: 'named', of: 'storage' }
    case '--only':
      return { kind: 'named', of: 'things' }
    default:
      return NONE
  }
}

/** Commands whose operands are no hosts. */
const OPERANDS: readonly (readonly [command: RegExp, of: Named])[] = [
  [/^vmlist$/, 'guests'],
  [/^storage (list|show)$/, 'storage'],
  [/^network (list|show)$/, 'networks'],
  [/^alarm clear$/, 'alarms'],
  [/^user (list|role|password|remove)$/, 'users'],
  [/^token (list|revoke)$/, 'tokens'],
]

function operandOf(command: Command, operands: number, word: string): Completion {
  const { registeredArguments: all } = command
  const last = all.at(-1)
  const argument = all[operands] ?? (last?.variadic ? last : undefined)
  if (!argument) return NONE
  if (argument.argChoices) return startingWith(word, choices(argument.argChoices).candidates)
  if (argument.name() === 'file') return { kind: 'files' }
  const asksManager = command.options.some(({ long }) => long === '--manager')
  if (!asksManager || !['selector', 'host', 'from', 'to', 'key', 'name'].includes(argument.name())) return NONE
  const path = pathOf(command)
  if (argument.name() === 'name' && path !== 'user password') return NONE // a new one
  return { kind: 'named', of: OPERANDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'hosts' }
}

function choices(values: readonly string[]): { readonly kind: 'words'; readonly candidates: readonly Candidate[] } {
  return { kind: 'words', candidates: values.map((value) => ({ value, description: '' })) }
}

function startingWith(word: string, candidates: readonly Candidate[]): Completion {
  return { kind: 'words', candidates: candidates.filter(({ value }) => value.startsWith(word)) }
}

/** `host group`. */
function pathOf(command: Command): string {
  const names: string[] = []
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name())
  return names.join(' ')
}
