// What the word under the cursor may become: commands, options, choices, or names that the manager knows. Pure: commander's own tree
// of commands says what there is.
import type { Command, Option } from 'commander'
import { NamesOption } from '../../engine/output/names-option.ts'

export interface Candidate {
  readonly value: string
  readonly description: string
}

/** What only the manager knows. */
export type Named =
  | 'hosts'
  /** On hosts, whoever made them. */
  | 'guests'
  /** Those of the manager, also where they run nowhere. */
  | 'vms'
  | 'vm-networks'
  | 'vm-images'
  | 'vgs'
  | 'storage'
  | 'networks'
  | 'things'
  | 'automations'
  | 'tasks'
  | 'alarms'
  | 'users'
  | 'tokens'

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
  if (pending) {
    const completion = pending instanceof NamesOption ? completionOfNames(pending, word) : completionOfValue(pending)
    return completion.kind === 'words' ? startingWith(word, completion.candidates) : completion
  }
  const [, name, value] = /^(--[a-z-]+)=(.*)$/.exec(word) ?? []
  if (name !== undefined && value !== undefined) {
    const option = optionOf(command, name)
    const completion = option instanceof NamesOption ? completionOfNames(option, value) : option ? completionOfValue(option) : NONE
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
  const of = OPTIONS[long ?? ''] ?? VALUES[/<(\w+)>/.exec(flags)?.[1] ?? '']
  return of ? { kind: 'named', of } : NONE
}

/** `host,st` → `host,state`. */
function completionOfNames(option: NamesOption, word: string): Completion {
  const [, before = ''] = /^(.*,-?|-?)[^,]*$/s.exec(word) ?? []
  const said = new Set(before.split(',').map((one) => one.replace(/^-/, '')))
  const left = option.names().filter((name) => !said.has(name))
  return startingWith(
    word,
    left.map((name) => ({ value: `${before}${name}`, description: '' })),
  )
}

/** By their value's name, where their own says nothing else. */
const VALUES: Readonly<Record<string, Named>> = { host: 'hosts', guest: 'vms', image: 'vm-images' }
const OPTIONS: Readonly<Record<string, Named>> = {
  '--from': 'hosts',
  '--network': 'networks',
  '--nic': 'vm-networks',
  '--storage': 'storage',
  '--only': 'things',
}

/** By what an operand is called, wherever it stands. */
const OPERANDS: Readonly<Record<string, Named>> = {
  host: 'hosts',
  from: 'hosts',
  to: 'hosts',
  guest: 'vms',
  automation: 'automations',
  task: 'tasks',
  key: 'alarms',
}
/** Of commands: what a selector, or a name that is there already, means. */
const MEANT: readonly (readonly [command: RegExp, of: Named])[] = [
  [/^vmlist$/, 'guests'],
  [/^(vm \w+|migrate)$/, 'vms'],
  [/^vm-network (list|remove)$/, 'vm-networks'],
  [/^vm-image (list|show|verify|remove)$/, 'vm-images'],
  [/^vm nic add$/, 'vm-networks'],
  [/^storage (list|show|scan)$/, 'storage'],
  [/^storage vg (extend|remove)$/, 'vgs'],
  [/^network (list|show)$/, 'networks'],
  [/^user (list|role|password|remove)$/, 'users'],
  [/^token (list|revoke)$/, 'tokens'],
]
/** Of new things, which nobody knows yet. */
const NEW = /^(vm (create|rename)|vm-network create|storage vg create|user add|host rename)$/

function operandOf(command: Command, operands: number, word: string): Completion {
  const { registeredArguments: all } = command
  const last = all.at(-1)
  const argument = all[operands] ?? (last?.variadic ? last : undefined)
  if (!argument) return NONE
  if (argument.argChoices) return startingWith(word, choices(argument.argChoices).candidates)
  if (argument.name() === 'file') return { kind: 'files' }
  if (!command.options.some(({ long }) => long === '--manager')) return NONE
  const [name, path] = [argument.name(), pathOf(command)]
  const meant = MEANT.find(([pattern]) => pattern.test(path))?.[1]
  if (name === 'selector') return { kind: 'named', of: meant ?? 'hosts' }
  const isKnown = ['image', 'network'].includes(name) || (name === 'name' && !NEW.test(path))
  const of = OPERANDS[name] ?? (isKnown ? meant : undefined)
  return of ? { kind: 'named', of } : NONE
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
