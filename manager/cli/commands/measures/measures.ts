// `hostless host stats` and `hostless vm stats`: what hosts and guests used over the last hour or day.

import { type Command, Option } from 'commander'
import type { Last, Measures } from '../../../contract/measures.ts'
import type { Answer, World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { inBatches } from '../../engine/batches.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { render } from '../../engine/output/output.ts'
import { addListing } from '../../engine/pool-command.ts'
import { pickHosts, type Selected } from '../../engine/selecting.ts'
import { pickVms } from '../vm/picking.ts'
import { drawnReport, pointsReport } from './report.ts'

interface Options {
  readonly last: Last
}

export function addHostStats(host: Command, world: World): void {
  addStats(host, world, {
    item: 'host',
    description: 'what hosts used over time: CPU (of all threads), memory, disks, network',
    examples: [
      ['host stats node01', 'the last hour'],
      ['host stats @rack3 --last 1d --output csv', 'the last day of a group by five minutes, means and most'],
    ],
    pick: async (api, args) => pickHosts(args, await everyHost(api)),
    ask: (api, { id }, last) => api.measured.host({ ref: id, last }),
  })
}

export function addVmStats(vm: Command, world: World): void {
  addStats(vm, world, {
    item: 'guest',
    description: 'what guests used over time, on whatever hosts they were: CPU (of their vCPUs), memory, disks, network',
    examples: [
      ['vm stats web1', 'the last hour'],
      ['vm stats web1 --last 1d --output json', 'every five minutes of the last day, for a program'],
    ],
    pick: pickVms,
    ask: (api, { uuid }, last) => api.measured.vm({ ref: uuid, last }),
  })
}

interface Stats<Item> {
  readonly item: 'host' | 'guest'
  readonly description: string
  readonly examples: readonly (readonly [string, string])[]
  readonly pick: (api: PoolApi, args: readonly string[]) => Promise<Selected<Item>>
  readonly ask: (api: PoolApi, item: Item, last: Last) => Promise<Measures>
}

function addStats<Item extends { readonly name: string }>(
  parent: Command,
  world: World,
  { item, description, examples, pick, ask }: Stats<Item>,
): void {
  addListing<Options>(parent, world, {
    name: 'stats <selector...>',
    description: `${description}; a blank is a time in which it was not measured`,
    examples,
    options: (command) =>
      command.addOption(
        new Option('--last <span>', 'an hour by each sample, or a day by five minutes').choices(['1h', '1d']).default('1h'),
      ),
    changes: ['sample'],
    like: () => pointsReport(item, []),
    async load(api, args, { last }): Promise<Answer> {
      const { items, missing } = await pick(api, args)
      if (items.length === 0 && missing.length === 0) throw new CommandFailure(`the selector leaves no ${item}`, 4)
      const things = await inBatches(items, async (one) => ({ name: one.name, measures: await ask(api, one, last) }))
      return {
        report: pointsReport(item, things),
        table: (look) => things.map((thing) => render(drawnReport(thing, look.unicode ?? false), 'table', look)).join('\n'),
        missing,
      }
    },
  })
}
