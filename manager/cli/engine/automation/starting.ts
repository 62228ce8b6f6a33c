// A command that has automations do its work: starts one for each thing, follows them live unless it is detached, and says a line for
// each at the end.
import type { Command } from 'commander'
import type { AutomationDetail, StartedAutomation } from '../../../contract/automations.ts'
import type { World } from '../answer.ts'
import type { PoolApi } from '../api/calls.ts'
import { type Outcome, tellOutcomes, tryEach } from '../outcomes.ts'
import { isTable, type OutputFormat } from '../output/output.ts'
import type { Selected } from '../selecting.ts'
import { follow } from './follow.ts'
import { commandsFor, spanOf } from './lines.ts'

export interface DetachOptions {
  readonly detach?: true
}

export function addDetachOption(command: Command): Command {
  return command.option('--detach', 'do not wait for the end: hostless automation watch shows it')
}

export interface Starting<Item> {
  readonly noun: string
  readonly nameOf: (item: Item) => string
  readonly start: (item: Item) => Promise<StartedAutomation>
  readonly api: PoolApi
  readonly world: World
  readonly output: OutputFormat
  readonly detach: true | undefined
}

/** Rejects, with the exit code that says how far it came, unless all has come to a good end. */
export async function startOnEach<Item>(selected: Selected<Item>, starting: Starting<Item>): Promise<void> {
  const { noun, nameOf, start, api, world, output, detach } = starting
  const begun = await tryEach(selected, noun, nameOf, async (item): Promise<Outcome> => {
    const { automation } = await start(item)
    return { name: nameOf(item), result: 'started', detail: automation.title, automation: automation.id }
  })
  const ones = begun.flatMap(({ name, automation: id }) => (id === undefined ? [] : [{ name, id }]))
  const show = isTable(output) ? 'lines' : 'nothing'
  const views = detach || ones.length === 0 ? undefined : await follow(ones, { api, world, show })
  tellOutcomes(views ? begun.map((one) => endOf(one, views)) : begun, noun, { world, output })
}

function endOf(begun: Outcome, views: ReadonlyMap<string, AutomationDetail>): Outcome {
  if (begun.automation === undefined) return begun
  const view = views.get(begun.automation)
  if (!view || view.state === 'queued' || view.state === 'running') {
    return { ...begun, detail: `not waited for, it goes on: hostless automation watch ${begun.automation}` }
  }
  const took = spanOf(view.created, view.ended ?? view.created)
  switch (view.state) {
    case 'done':
      return { ...begun, result: 'done', detail: `${view.title} (${took})` }
    case 'failed':
    case 'aborted':
      return { ...begun, result: 'failed', detail: `${view.state} after ${took}: ${view.reason ?? view.title}` }
    case 'needs-operator':
      return { ...begun, result: 'failed', detail: `needs an operator: ${view.reason ?? view.turn}: ${commandsFor(view).join(', or ')}` }
  }
}
