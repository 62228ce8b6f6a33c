// `hostless migrate`: guests to other hosts, live where they run, each with its disks.

import type { Command } from 'commander'
import type { Vm } from '../../../contract/vms.ts'
import type { World } from '../../engine/answer.ts'
import { textOf } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { addMoveOptions, type MoveOptions, moveHowOf } from '../../engine/move-options.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { allWithin } from '../../engine/within.ts'
import { pickVms } from '../vm/picking.ts'
import { planReport } from './report.ts'
import { addRestartOptions, type RestartOptions, restartOf } from './restart.ts'

type MigrateOptions = DetachOptions & MoveOptions & RestartOptions & { readonly withoutSnapshots?: true }

export function addMigrateCommand(program: Command, world: World): void {
  addDoing<MigrateOptions>(program, world, {
    name: 'migrate <selector...>',
    description:
      'move guests to another host with their disks, which are copied, or stay on a LUN that both see: live where they run; without --to the best host takes each',
    examples: [
      ['migrate web1 --to node02 --plan', 'what would be done, how long, and all that is in the way'],
      ["migrate 'web*' --to node02", 'all that are called so'],
      ['migrate web1 --to node02 --restart', 'with a short stop, where it cannot go live'],
      ["migrate 'node01/*' --max-pause 500ms --rate 40M", 'all of a host, each standing still for at most half a second'],
    ],
    options: (command) =>
      addRestartOptions(addMoveOptions(addDetachOption(command))).option(
        '--without-snapshots',
        'leave snapshots of disks that are copied with their old LVs, which are then kept for good (refused, naming each)',
      ),
    act: async (api, args, { plan, output, detach, withoutSnapshots, restart, restartAlways, timeout, hard, compare, ...options }) => {
      const selected = await pickVms(api, args)
      const strangers = selected.items.filter(({ state }) => state === 'unmanaged').map(({ name }) => oneLine(name))
      if (strangers.length > 0) throw new CommandFailure(`${strangers.join(', ')}: hostless did not make it, and leaves it alone`, 2)
      const how = {
        ...moveHowOf(options, options.to === undefined ? [] : await everyHost(api)),
        ...restartOf({ restart, restartAlways, timeout, hard, compare }),
        ...(withoutSnapshots ? { snapshots: 'left' as const } : {}),
      }
      if (!plan) {
        await allWithin(api, selected)
        const start = ({ uuid }: Vm) => api.migrations.start({ ref: uuid, ...how })
        return startOnEach(selected, { noun: 'guest', nameOf: ({ name }: Vm) => name, start, api, world, output, detach })
      }
      const refs = selected.items.map(({ uuid }) => uuid)
      const plans = refs.length === 0 ? [] : (await api.migrations.planAll({ refs, ...how })).plans
      world.out.write(textOf({ report: planReport(plans) }, output, world.out))
      const missing = selected.missing.map(oneLine).join(', ')
      if (missing !== '') throw new CommandFailure(`there is no ${missing}`, 3)
      const refused = plans.filter(({ refusals }) => refusals.length > 0).map(({ guest }) => oneLine(guest))
      if (refused.length > 0) throw new CommandFailure(`${refused.join(', ')}: cannot be moved as it stands`)
    },
  })
}
