// One automation as it goes on, until it has ended or waits for an operator.
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { follow } from '../../engine/automation/follow.ts'
import { commandsFor } from '../../engine/automation/lines.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { isTable, type OutputFormat, render } from '../../engine/output/output.ts'
import { automationReport } from './report.ts'

/** Rejects unless it comes to a good end, or nobody wants to wait any more. */
export async function watchAutomation(api: PoolApi, id: string, world: World, output: OutputFormat): Promise<void> {
  const view = (await follow([{ name: id, id }], { api, world, show: isTable(output) ? 'lines' : 'nothing' })).get(id)
  if (view && !isTable(output)) world.out.write(render(automationReport(view), output, world.out))
  if (view && view.state !== 'done' && (view.ended !== undefined || view.state === 'needs-operator'))
    throw new CommandFailure(
      [`it has ${view.ended === undefined ? 'not ended: it needs an operator' : view.state}`, ...commandsFor(view)].join('\n  '),
    )
}
