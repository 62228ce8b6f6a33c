// `hostless hostlist|hoststats|vmlist`: the pool at a glance, with totals.

import type { Command } from 'commander'
import type { PoolEvent } from '../../../contract/events.ts'
import type { Host } from '../../../contract/hosts.ts'
import type { Answer, World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { type Report, render } from '../../engine/output/output.ts'
import { addListing } from '../../engine/pool-command.ts'
import { pickGuests, pickHosts } from '../../engine/selecting.ts'
import { hostlistReport, hoststatsReport, type Totals, vmlistReport } from './report.ts'

interface Words {
  readonly name: string
  readonly description: string
  readonly example: readonly [string, string]
  readonly changes: readonly PoolEvent['kind'][]
  readonly like: () => Report
  readonly load: (
    api: PoolApi,
    args: readonly string[],
  ) => Promise<{ readonly report: (totals: Totals) => Answer['report']; readonly missing: readonly string[] }>
}

const LISTS: readonly Words[] = [
  {
    name: 'hostlist',
    description: 'hosts with what they have: CPUs, memory, VGs, guests, image, Xen, kernel; totals below',
    example: ["hostlist 'node*,-@rack3'", 'all but one group'],
    changes: ['host', 'inventory', 'sample'],
    like: () => hostlistReport([], [], 'in the table'),
    load: async (api, args) => {
      const [hosts, stores] = await Promise.all([everyHost(api), api.things.local().then((all) => all.hosts)])
      const { items, missing } = pickHosts(args, hosts)
      return { report: (totals) => hostlistReport(items, stores, totals), missing }
    },
  },
  {
    name: 'hoststats',
    description: 'hosts with what they do now: CPU (of all threads; dom0: 100 is one CPU), memory, disks, network; totals below',
    example: ['hoststats @rack3 --watch', 'a group, as it works'],
    changes: ['host', 'sample'],
    like: () => hoststatsReport([], 'in the table'),
    load: async (api, args) => {
      const { items, missing } = pickHosts(args, await everyHost(api))
      return { report: (totals) => hoststatsReport(items, totals), missing }
    },
  },
  {
    name: 'vmlist',
    description: 'guests with what they have and do (CPU: 100 is one CPU); totals below',
    example: ["vmlist 'host17/*sql*'", 'some guests on one host'],
    changes: ['host', 'inventory', 'sample'],
    like: () => vmlistReport([], 0, 'in the table'),
    load: async (api, args) => {
      const [hosts, guests] = await Promise.all([everyHost(api), api.guests.list().then((all) => all.guests)])
      const { items, missing } = pickGuests(args, hosts, guests)
      const unread = hostsMeant(args, hosts).filter((host) => host.guests === undefined).length
      return { report: (totals) => vmlistReport(items, unread, totals), missing }
    },
  },
]

/** Those that may run what is asked for. */
function hostsMeant(args: readonly string[], hosts: readonly Host[]): readonly Host[] {
  const named = args.map((arg) => /^([^,/-][^,/]*)\/[^,]*$/.exec(arg)?.[1])
  const names = named.flatMap((name) => name ?? [])
  return names.length === 0 || names.length < named.length ? hosts : pickHosts(names, hosts).items
}

export function addStatsCommands(program: Command, world: World): void {
  for (const { name, description, example, changes, like, load } of LISTS) {
    addListing<{ readonly totals?: true }>(program, world, {
      name: `${name} [selector...]`,
      description,
      examples: [
        [name, 'all'],
        [example[0], example[1]],
        [`${name} --output json --totals`, 'for a program: { list, totals } instead of the plain list'],
      ],
      options: (command) =>
        command.option('--totals', 'in json, yaml, csv, xml: totals as a section of their own (a table always has them)'),
      changes,
      like,
      load: async (api, args, { totals }) => {
        const { report, missing } = await load(api, args)
        return {
          report: report(totals ? 'as a section' : 'in the table'),
          table: (look) => render(report('in the table'), 'table', look),
          missing,
        }
      },
    })
  }
}
