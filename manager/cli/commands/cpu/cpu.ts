// `hostless cpu level|groups|explain`: between which hosts guests can move while they run.

import { type Command, Option } from 'commander'
import type { CpuExplanation } from '../../../contract/cpu.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { render } from '../../engine/output/output.ts'
import { addListing } from '../../engine/pool-command.ts'
import { pickHosts, pickOneHost } from '../../engine/selecting.ts'
import { cpuExplanationReport, cpuGroupsReport, cpuLevelReport, cpuLevelText, withoutEmpty } from './report.ts'

export function addCpuCommands(program: Command, world: World): void {
  const cpu = program.command('cpu').description('between which hosts guests can move while they run')
  addListing(cpu, world, {
    name: 'level',
    description: 'the features that all hosts of a vendor have, and which hosts keep them from being more',
    examples: [['cpu level', '']],
    changes: ['inventory', 'host'],
    like: () => cpuLevelReport({ levels: [], groups: [], unknown: [] }),
    load: async (api) => {
      const pool = await api.cpu.show()
      return { report: cpuLevelReport(pool), table: (look) => cpuLevelText(pool, look) }
    },
  })
  addListing(cpu, world, {
    name: 'groups [selector...]',
    description: 'the hosts that can exchange guests live, both ways',
    examples: [["cpu groups 'node[01-20]'", 'how twenty hosts fall into groups']],
    changes: ['inventory', 'host'],
    like: () => cpuGroupsReport({ levels: [], groups: [], unknown: [] }, new Set()),
    load: async (api, args) => {
      const [hosts, pool] = await Promise.all([everyHost(api), api.cpu.show()])
      const { items, missing } = pickHosts(args, hosts)
      const report = cpuGroupsReport(pool, new Set(items.map(({ id }) => id)))
      return { report, table: (look) => render(withoutEmpty(report), 'table', look), missing }
    },
  })
  addListing<{ readonly type: CpuExplanation['type'] }>(cpu, world, {
    name: 'explain <from> <to>',
    description: 'whether a guest that was started on one host can move live to another, and what each missing feature is',
    examples: [
      ['cpu explain node01 node02', 'a PVH guest'],
      ['cpu explain node01 node02 --type hvm', 'an HVM guest'],
    ],
    options: (command) => command.addOption(new Option('--type <type>', 'of guest').choices(['pv', 'pvh', 'hvm']).default('pvh')),
    changes: ['inventory', 'host'],
    load: async (api, [from = '', to = ''], { type }) => {
      const hosts = await everyHost(api)
      const report = cpuExplanationReport(await api.cpu.explain({ from: pickOneHost(from, hosts).id, to: pickOneHost(to, hosts).id, type }))
      return { report, table: (look) => render(withoutEmpty(report), 'table', look) }
    },
  })
}
