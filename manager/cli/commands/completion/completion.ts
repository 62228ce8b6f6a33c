// `hostless completion bash|zsh`, and what their scripts ask for; nobody waits long, as the user is typing. (@bomb.sh/tab was tried: what
// it asks for candidates cannot wait for the manager's answer, and its scripts do not know that bash ends a word at @ and :.)

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Argument, type Command } from 'commander'
import { packageRoot } from '../../../../appliance/package-root.ts'
import { describedCommand } from '../../engine/described.ts'
import { oneLine } from '../../engine/output/text.ts'
import type { CommandWorld, Wanted } from '../world.ts'
import type { Asked } from './known.ts'
import { type CommandTree, commandOf, treeOf } from './tree.ts'
import { type Candidate, completionOf } from './words.ts'

/** Written when this is built; from its sources there is none. */
const TREE = join(import.meta.dirname, 'tree.json')

/** `load`: a program with these commands. */
export function addCompletionCommands(program: Command, world: CommandWorld, load: (wanted: Wanted) => Promise<Command>): void {
  const completion = describedCommand(program, {
    name: 'completion',
    description: 'what a shell sources to complete commands, options, hosts and groups',
    examples: [],
  })
  for (const shell of ['bash', 'zsh'] as const) {
    describedCommand(completion, {
      name: shell,
      description: `for ${shell}`,
      examples: [[`completion ${shell} >~/.hostless.${shell}; source ~/.hostless.${shell}`, `from ~/.${shell}rc`]],
    }).action(() =>
      world.out.write(readFileSync(join(packageRoot(import.meta.dirname, 4), `templates/completion/hostless.${shell}`), 'utf8')),
    )
  }
  completion
    .command('words', { hidden: true })
    .addArgument(new Argument('[words...]'))
    .action(async (words: readonly string[]) => {
      const whole = existsSync(TREE) ? treeIn(readFileSync(TREE, 'utf8')) : await load(words.length > 1 ? words.slice(0, 1) : [])
      const completion = completionOf(whole, words.length === 0 ? [''] : words)
      switch (completion.kind) {
        case 'files':
          return world.out.write('files\n')
        case 'words':
          return world.out.write(linesOf(completion.candidates))
        case 'named':
        case 'group-changes':
          return world.out.write(linesOf(await known(completion, words.at(-1) ?? '', world)))
      }
    })
  completion.command('tree', { hidden: true }).action(async () => world.out.write(`${JSON.stringify(treeOf(await load('all')))}\n`))
}

function treeIn(json: string): Command {
  return commandOf(JSON.parse(json) as CommandTree)
}

function linesOf(candidates: readonly Candidate[]): string {
  return `words\n${candidates.map(({ value, description }) => `${oneLine(value)}\t${oneLine(description)}\n`).join('')}`
}

/** Nothing where the manager cannot be asked: the user types on. */
async function known(asked: Asked, word: string, { environment }: CommandWorld): Promise<readonly Candidate[]> {
  try {
    const { knownFor } = await import('./known.ts')
    return await knownFor(asked, word, environment)
  } catch {
    return []
  }
}
