// `hostless host evacuate`: no guest comes to a host any more, and those that are there go.

import type { Command } from 'commander'
import type { EvacuationPlan } from '../../../contract/evacuations.ts'
import type { Host } from '../../../contract/hosts.ts'
import { textOf, type World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { bytes, text, words } from '../../engine/columns.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { listReport } from '../../engine/list-report.ts'
import { addMoveOptions, type MoveOptions, moveHowOf } from '../../engine/move-options.ts'
import { doToEach } from '../../engine/outcomes.ts'
import { isTable, type Report } from '../../engine/output/output.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { pickHosts } from '../../engine/selecting.ts'
import { allWithin } from '../../engine/within.ts'

interface EvacuateOptions extends DetachOptions, MoveOptions {
  readonly cancel?: true
  readonly restartOthers?: true
}

const nameOf = ({ name }: Host): string => name

export function addEvacuate(host: Command, world: World): void {
  addDoing<EvacuateOptions>(host, world, {
    name: 'evacuate <selector...>',
    description: 'cordon hosts, and move their guests away: live where they run; without --to the best host takes each',
    examples: [
      ['host evacuate node01 --plan', 'where each guest would go, and why one stays'],
      ['host evacuate node01 --restart-others', 'guests that cannot go live have a short stop, and are started there'],
      ['host evacuate node01 --cancel', 'take back the cordon and the moves under way; who has gone stays there'],
    ],
    options: (command) =>
      addMoveOptions(addDetachOption(command))
        .option('--cancel', 'end the evacuation that is under way')
        .option('--restart-others', 'stop guests that cannot go live once their disks are there, and start them on their new host'),
    act: async (api, args, { plan, cancel, restartOthers, output, detach, ...options }) => {
      const hosts = await everyHost(api)
      const picked = pickHosts(args, hosts)
      const selected = plan ? picked : await allWithin(api, picked)
      if (cancel) return doToEach(selected, 'host', nameOf, (one) => cancelled(api, one), { world, output })
      const how = { ...(restartOthers ? { others: 'restart' as const } : {}), ...moveHowOf(options, hosts) }
      if (!plan) {
        const start = ({ id }: Host) => api.evacuations.start({ ref: id, ...how })
        return startOnEach(selected, { noun: 'host', nameOf, start, api, world, output, detach })
      }
      const plans: EvacuationPlan[] = []
      for (const { id } of selected.items) plans.push(await api.evacuations.plan({ ref: id, ...how }))
      world.out.write(textOf({ report: evacuationReport(plans) }, output, world.out))
      if (isTable(output)) for (const one of plans) world.out.write(`${total(one)}\n`)
      const missing = selected.missing.map(oneLine).join(', ')
      if (missing !== '') throw new CommandFailure(`there is no ${missing}`, 3)
      const staying = plans.flatMap(({ guests }) => guests.filter(({ way }) => way === undefined))
      if (staying.length > 0) throw new CommandFailure(`${staying.map(({ guest }) => oneLine(guest)).join(', ')}: would stay`)
    },
  })
}

async function cancelled(api: PoolApi, { name }: Host): Promise<string> {
  const { automations } = await api.automations.list({ which: 'open', limit: 1000 })
  const found = automations.find(
    ({ recipe, title }) => recipe === 'evacuate-host' && (title === `evacuate ${name}` || title.startsWith(`evacuate ${name} to `)),
  )
  if (!found) return 'no evacuation is under way'
  await api.automations.abort({ id: found.id })
  return `automation ${found.id} is being taken back`
}

function total({ host, guests }: EvacuationPlan): string {
  const of = (wanted: EvacuationPlan['guests'][number]['way']): number => guests.filter(({ way }) => way === wanted).length
  if (guests.length === 0) return `${oneLine(host)}: no guest is there`
  return `${oneLine(host)}: ${of('live')} live, ${of('stopped')} stopped, ${of('restart')} restarted, ${of(undefined)} would stay`
}

function evacuationReport(plans: readonly EvacuationPlan[]): Report {
  const columns = [
    ...[text('host', 'HOST', { spare: 1 }), text('guest', 'GUEST'), text('way', 'WAY'), text('to', 'TO')],
    ...[bytes('disks', 'DISKS', { spare: 2 }), bytes('memory', 'MEMORY', { spare: 2 }), text('code', 'CODE'), words('why', 'WHY IT STAYS')],
  ]
  const rows = plans.flatMap(({ host, guests }) =>
    guests.map(({ guest, way, to, diskBytes, memoryBytes, refusals }) => ({
      ...{ host, guest, way: way ?? 'stays', to: to?.name ?? null, disks: diskBytes, memory: memoryBytes },
      code: refusals.length === 0 || way !== undefined ? null : [...new Set(refusals.map(({ code }) => code))].join(', '),
      why: refusals.length === 0 || way !== undefined ? null : refusals.map(({ reason }) => reason).join('; '),
    })),
  )
  return listReport('evacuations', 'guest', columns, rows, 'No guest is there.')
}
