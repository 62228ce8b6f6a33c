// `hostless host list|show|history|boots`: what the manager knows of hosts.

import type { Command } from 'commander'
import type { Host } from '../../../contract/hosts.ts'
import type { Answer, World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { ApiRefusal } from '../../engine/api/client.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { inBatches } from '../../engine/batches.ts'
import { render } from '../../engine/output/output.ts'
import { addListing } from '../../engine/pool-command.ts'
import { wholeNumber } from '../../engine/quantities.ts'
import { pickHosts, type Selected } from '../../engine/selecting.ts'
import { addHostStats } from '../measures/measures.ts'
import { addHostChanges } from './change.ts'
import { addHostFind } from './find.ts'
import { hostsReport } from './reports/host.ts'
import { bootsReport, historyReport } from './reports/past.ts'
import { type WholeHost, wholeHostReport, wholeHostsReport } from './reports/whole.ts'

export function addHostCommands(program: Command, world: World): void {
  const host = program.command('host').description('hosts: what they are and do, and what is to become of them')
  addListing(host, world, {
    name: 'list [selector...]',
    description: 'the hosts that are known, by name',
    examples: [
      ['host list', 'all'],
      ['host list @rack3,-node17', 'those of a group but one'],
      ["host list 'node[01-20]' --watch", 'twenty, again whenever one of them changes'],
    ],
    changes: ['host', 'inventory', 'alarm', 'alarm-cleared'],
    like: () => hostsReport([]),
    load: async (api, args) => answerOf(pickHosts(args, await everyHost(api)), hostsReport),
  })
  addListing(host, world, {
    name: 'show <selector...>',
    description: 'all that is known of hosts: hardware, NICs, disks, guests, alarms',
    examples: [
      ['host show node01', 'one host'],
      ['host show @rack3 --output json', 'several: lists of NICs, disks, … in which each row names its host'],
    ],
    changes: ['host', 'inventory', 'alarm', 'alarm-cleared', 'boot'],
    load: (api, args) => showHosts(api, args),
  })
  addListing<{ readonly limit: number }>(host, world, {
    name: 'history <selector...>',
    description: 'who changed what of hosts, newest first',
    examples: [["host history 'node*' --limit 5", 'the last five changes of each']],
    options: (command) => command.option('--limit <number>', 'at most so many of each host', wholeNumber(1, 10_000), 50),
    changes: ['host'],
    like: () => historyReport([]),
    load: async (api, args, { limit }) =>
      eachHost(api, args, async ({ id: ref }) => (await api.hosts.history({ ref, limit })).entries, historyReport),
  })
  addListing(host, world, {
    name: 'boots <selector...>',
    description: 'the boots of hosts, newest first: how far each came, and what was wrong',
    examples: [['host boots node01,node02', 'of two hosts']],
    changes: ['boot', 'host'],
    like: () => bootsReport([]),
    load: (api, args) => eachHost(api, args, async ({ id: ref }) => (await api.boots.list({ ref })).boots, bootsReport),
  })
  addHostStats(host, world)
  addHostChanges(host, world)
  addHostFind(host, world)
}

async function showHosts(api: PoolApi, args: readonly string[]): Promise<Answer> {
  const [hosts, guests, alarms] = await Promise.all([
    everyHost(api),
    api.guests.list().then((all) => all.guests),
    api.alarms.list().then((all) => all.alarms),
  ])
  const { items, missing } = pickHosts(args, hosts)
  const whole = await inBatches(items, async (host): Promise<WholeHost> => {
    const inventory = host.inventory && (await api.hosts.inventory({ ref: host.id }).catch(unlessMissing))
    return {
      ...{ host, inventory },
      guests: guests.filter((guest) => guest.host === host.id),
      alarms: alarms.filter(({ hosts: about }) => about.some(({ id }) => id === host.id)),
    }
  })
  return {
    report: wholeHostsReport(whole),
    table: (look) => whole.map((one) => render(wholeHostReport(one), 'table', look)).join('\n'),
    missing,
  }
}

/** It may have gone between two answers. */
function unlessMissing(error: unknown): undefined {
  if (error instanceof ApiRefusal && error.status === 404) return undefined
  throw error
}

async function eachHost<Item extends object>(
  api: PoolApi,
  args: readonly string[],
  ask: (host: Host) => Promise<readonly Item[]>,
  report: (items: readonly (Item & { readonly host: string })[]) => Answer['report'],
): Promise<Answer> {
  const { items, missing } = pickHosts(args, await everyHost(api))
  const lists = await inBatches(items, async (host) => (await ask(host)).map((item) => ({ ...item, host: host.name })))
  return { report: report(lists.flat()), missing }
}

function answerOf<Item>({ items, missing }: Selected<Item>, report: (items: readonly Item[]) => Answer['report']): Answer {
  return { report: report(items), missing }
}
