// What `--help` says of a command.
import type { Command } from 'commander'

export interface CommandWords {
  /** As commander takes it: `list [selector...]`. */
  readonly name: string
  readonly description: string
  /** Each with what it does; `hostless` in front is added. */
  readonly examples: readonly (readonly [command: string, does: string])[]
}

export function describedCommand(parent: Command, { name, description, examples }: CommandWords): Command {
  const command = parent.command(name).description(description)
  const width = Math.max(0, ...examples.map(([line]) => line.length))
  const lines = examples.map(([line, does]) => `  hostless ${line.padEnd(width)}   ${does}`)
  return lines.length === 0 ? command : command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
