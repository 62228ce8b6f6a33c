// The tree of commands as data: what a shell asks while somebody types is answered from it, with no command loaded. Pure.

import { Argument, Command, Option } from 'commander'
import { NamesOption } from '../../engine/output/names-option.ts'

interface OptionTree {
  readonly flags: string
  readonly description: string
  readonly choices?: readonly string[]
  /** It takes some of these, by commas. */
  readonly names?: readonly string[]
  readonly isHidden?: true
}

interface ArgumentTree {
  /** `<host>`, `[selector...]`. */
  readonly name: string
  readonly choices?: readonly string[]
}

export interface CommandTree {
  readonly name: string
  readonly description: string
  readonly isHidden?: true
  /** It has `help COMMAND`. */
  readonly isHelped?: true
  readonly options: readonly OptionTree[]
  readonly arguments: readonly ArgumentTree[]
  readonly commands: readonly CommandTree[]
}

/** All that completion looks at of a command, and of those below it. */
export function treeOf(command: Command): CommandTree {
  const visible = command.createHelp().visibleCommands(command)
  return {
    name: command.name(),
    description: command.description(),
    ...(visible.some((one) => !command.commands.includes(one)) ? { isHelped: true as const } : {}),
    options: command.options.map((option) => ({
      ...{ flags: option.flags, description: option.description },
      ...(option.argChoices ? { choices: option.argChoices } : {}),
      ...(option instanceof NamesOption ? { names: option.names() } : {}),
      ...(option.hidden ? { isHidden: true as const } : {}),
    })),
    arguments: command.registeredArguments.map((argument) => ({
      name: spelled(argument),
      ...(argument.argChoices ? { choices: argument.argChoices } : {}),
    })),
    commands: command.commands.map((one) => ({ ...treeOf(one), ...(visible.includes(one) ? {} : { isHidden: true as const }) })),
  }
}

function spelled(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`
  return argument.required ? `<${name}>` : `[${name}]`
}

/** A command that `treeOf` made this of, but for what it does. */
export function commandOf(tree: CommandTree, into: Command = new Command(tree.name)): Command {
  into.description(tree.description).helpCommand(tree.isHelped === true)
  for (const { flags, description, choices, names, isHidden } of tree.options) {
    const option = (names ? new NamesOption(flags, description).of(() => names) : new Option(flags, description)).hideHelp(
      isHidden === true,
    )
    into.addOption(choices ? option.choices(choices) : option)
  }
  for (const { name, choices } of tree.arguments) {
    const argument = new Argument(name)
    into.addArgument(choices ? argument.choices(choices) : argument)
  }
  for (const inner of tree.commands) commandOf(inner, into.command(inner.name, { hidden: inner.isHidden === true }))
  return into
}
