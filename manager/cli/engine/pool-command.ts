// How the commands that ask the manager are put together: options, connection, the answer in the form that was asked for.
import type { Command } from 'commander'
import type { PoolEvent } from '../../contract/events.ts'
import { type Answer, textOf, type World } from './answer.ts'
import { type PoolApi, poolApi } from './api/calls.ts'
import { apiClient } from './api/client.ts'
import { type ApiOptions, addApiOptions, apiSettings } from './api/settings.ts'
import { type CommandWords, describedCommand } from './described.ts'
import { CommandFailure } from './failure.ts'
import { addOutputOption, addShapeOptions, type OutputOptions, type ShapeOptions, shapeOf } from './output/options.ts'
import type { Report } from './output/output.ts'
import { watchAnswers } from './watch/watch.ts'

export type ListOptions = ApiOptions & ShapeOptions & { readonly watch?: true }

export interface Listing<Options> extends CommandWords {
  /** Events after which it may say something else. */
  readonly changes: readonly PoolEvent['kind'][]
  readonly options?: (command: Command) => Command
  /** What it answers when there is nothing: its columns are those that `--help` names and a shell completes; missing where that depends on it. */
  readonly like?: () => Report
  readonly load: (api: PoolApi, args: readonly string[], options: Options) => Promise<Answer>
}

/** A command that shows something, once or with `--watch` again and again. */
export function addListing<Options extends object>(parent: Command, world: World, listing: Listing<Options & ListOptions>): Command {
  const command = describedCommand(parent, listing)
  listing.options?.(command)
  addShapeOptions(command, listing.like).option('--watch', 'show it again whenever it changes, until Ctrl-C; arrows, PgUp and PgDn scroll')
  return addApiOptions(command).action(async () => {
    const options = command.opts<Options & ListOptions>()
    const shape = shapeOf(options)
    const api = await connect(options, world)
    const load = () => listing.load(api, command.args, options)
    if (options.watch)
      return watchAnswers({ load, api, world, output: options.output, shape, changes: new Set(listing.changes), title: titleOf(command) })
    const answer = await load()
    world.out.write(textOf(answer, options.output, world.out, shape))
    if (answer.missing?.length) throw new CommandFailure(`there is no ${answer.missing.join(', ')}`, 3)
    if (answer.alert) throw new CommandFailure(answer.alert)
  })
}

export interface Doing<Options> extends CommandWords {
  readonly options?: (command: Command) => Command
  readonly act: (api: PoolApi, args: readonly string[], options: Options) => Promise<void>
}

/** A command that changes something. */
export function addDoing<Options extends object>(
  parent: Command,
  world: World,
  doing: Doing<Options & ApiOptions & OutputOptions>,
): Command {
  const command = describedCommand(parent, doing)
  doing.options?.(command)
  return addApiOptions(addOutputOption(command)).action(async () => {
    const options = command.opts<Options & ApiOptions & OutputOptions>()
    await doing.act(await connect(options, world), command.args, options)
  })
}

export async function connect(options: ApiOptions, { environment }: World): Promise<PoolApi> {
  return poolApi(apiClient(await apiSettings(options, environment)), environment.HOSTLESS_AUTOMATION || undefined)
}

function titleOf(command: Command): string {
  const names: string[] = []
  for (let at: Command | null = command; at; at = at.parent) names.unshift(at.name())
  return [...names, ...command.args].join(' ')
}
