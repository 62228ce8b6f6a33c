// How a change of guests is done: said first, with what of it a guest has only from its next start on; then done, or not with --dry-run.
import type { Command } from 'commander'
import type { StartedAutomation } from '../../../contract/automations.ts'
import type { VmChange } from '../../../contract/vms.ts'
import { textOf, type World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { inBatches } from '../../engine/batches.ts'
import { text, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import { confirm } from '../../engine/outcomes.ts'
import type { OutputFormat } from '../../engine/output/output.ts'
import { oneLine } from '../../engine/output/text.ts'
import type { Selected } from '../../engine/selecting.ts'

export interface ChangeOptions extends DetachOptions {
  readonly dryRun?: true
  readonly yes?: true
}

export interface Guest {
  readonly name: string
  /** Name or UUID. */
  readonly ref: string
}

type Asked = Omit<Parameters<PoolApi['vms']['preview']>[0], 'ref'>

export interface Changing extends ChangeOptions {
  readonly api: PoolApi
  readonly world: World
  readonly output: OutputFormat
  readonly asked: Asked
}

export function addChangeOptions(command: Command): Command {
  return addDetachOption(command)
    .option('--dry-run', 'only say what would be other, and from when on')
    .option('--yes', 'also where what is on a disk is lost, without being asked')
}

export async function changeEach(selected: Selected<Guest>, { api, world, output, asked, dryRun, yes, detach }: Changing): Promise<void> {
  const previews = await inBatches(selected.items, async (guest) => ({
    guest,
    changes: (await api.vms.preview({ ...asked, ref: guest.ref })).changes,
  }))
  const rows = previews.flatMap(({ guest, changes }) => changes.map((change) => ({ guest: guest.name, ...change })))
  if (dryRun || (rows.length === 0 && selected.missing.length === 0)) {
    world.out.write(textOf({ report: changesReport(rows) }, output, world.out))
    return
  }
  const lost = rows.filter(({ loses }) => loses === 'data').map(({ guest, what }) => oneLine(`${guest}: ${what}`))
  if (lost.length > 0) await confirm(`${lost.slice(0, 20).join('; ')}${lost.length > 20 ? ' …' : ''}?`, yes, world)
  for (const { guest, what, when } of rows) if (when !== 'at once') world.err.write(oneLine(`${guest}: ${what}, ${when}`).concat('\n'))
  const others = previews.filter(({ changes }) => changes.length > 0).map(({ guest }) => guest)
  const begun = { items: others, missing: selected.missing }
  const start = (guest: Guest) => started(api, guest.ref, asked)
  await startOnEach(begun, { noun: 'guest', nameOf: ({ name }: Guest) => name, start, api, world, output, detach })
}

async function started(api: PoolApi, ref: string, { spec, change }: Asked): Promise<StartedAutomation> {
  return spec ? api.vms.apply({ ref, spec }) : api.vms.change({ ref, change: change ?? {} })
}

function changesReport(rows: readonly ({ readonly guest: string } & VmChange)[]) {
  const columns = [text('guest', 'GUEST'), words('what', 'CHANGE'), text('when', 'WHEN')]
  return listReport(
    'changes',
    'change',
    columns,
    rows.map(({ guest, what, when }) => ({ guest, what, when })),
    'It is so already: nothing changes.',
  )
}
