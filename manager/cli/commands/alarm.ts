// `hostless alarm list|clear`: what a person should look at.

import type { Command } from 'commander'
import type { Alarm } from '../../contract/alarms.ts'
import type { World } from '../engine/answer.ts'
import { everyHost } from '../engine/api/every-host.ts'
import { id, iso, number, text, time, words } from '../engine/columns.ts'
import { listReport } from '../engine/list-report.ts'
import { doToEach } from '../engine/outcomes.ts'
import type { Report } from '../engine/output/output.ts'
import { addDoing, addListing } from '../engine/pool-command.ts'
import { pick, pickHosts } from '../engine/selecting.ts'
import { hostColumn } from './host/reports/host.ts'

export function addAlarmCommands(program: Command, world: World): void {
  const alarm = program
    .command('alarm')
    .description('what a person should look at: duplicate identities, hosts that differ, refused agents')
  addListing(alarm, world, {
    name: 'list [selector...]',
    description: 'the open alarms, of all or of selected hosts',
    examples: [
      ['alarm list', 'all'],
      ['alarm list @rack3 --watch', 'of the hosts of a group, as they come'],
    ],
    changes: ['alarm', 'alarm-cleared'],
    load: async (api, args) => {
      const alarms = (await api.alarms.list()).alarms
      if (args.length === 0) return { report: alarmsReport(alarms) }
      const { items, missing } = pickHosts(args, await everyHost(api))
      const wanted = new Set<string | undefined>(items.map(({ id: host }) => host))
      return { report: alarmsReport(alarms.filter(({ host }) => host !== undefined && wanted.has(host))), missing }
    },
  })
  addDoing(alarm, world, {
    name: 'clear <key...>',
    description: 'close alarms that were seen to, by key, pattern or @kind; what is still so is raised again',
    examples: [["alarm clear 'duplicate-uuid:*'", 'all of one sort']],
    act: async (api, args, { output }) => {
      const naming = { noun: 'alarm', names: ({ key }: Alarm) => [key], groups: ({ kind }: Alarm) => [kind] }
      const act = async ({ key }: Alarm): Promise<string> => {
        await api.alarms.clear({ key })
        return 'closed'
      }
      await doToEach(pick(args, (await api.alarms.list()).alarms, naming), 'alarm', ({ key }) => key, act, { world, output })
    },
  })
}

function alarmsReport(alarms: readonly Alarm[]): Report {
  const columns = [
    hostColumn,
    text('kind', 'KIND', { spare: 4 }),
    words('text', 'WHAT'),
    number('times', 'TIMES', { spare: 2 }),
    time('last', 'LAST', { spare: 1 }),
    time('raised', 'FIRST', { spare: 3 }),
    id('key', 'KEY'),
  ]
  const rows = alarms.map(({ hostName, kind, text: said, times, last, raised, key }) => ({
    ...{ host: hostName ?? null, kind, text: said, times, last: iso(last), raised: iso(raised), key },
  }))
  return listReport('alarms', 'alarm', columns, rows, 'No alarm is open.')
}
