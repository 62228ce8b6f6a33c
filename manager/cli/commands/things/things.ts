// `hostless storage|network list|show|matrix`, `hostless storage local|scan`, `hostless matrix`: what hosts reach.

import type { Command } from 'commander'
import type { PoolEvent } from '../../../contract/events.ts'
import type { Thing, ThingDetail } from '../../../contract/things.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { inBatches } from '../../engine/batches.ts'
import { iso } from '../../engine/columns.ts'
import { doToEach } from '../../engine/outcomes.ts'
import { render } from '../../engine/output/output.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { pickHosts } from '../../engine/selecting.ts'
import { addConnectionCommands } from '../connections.ts'
import { addVgCommands } from '../storage/vg.ts'
import { matrixReport, matrixTable } from './matrix-table.ts'
import { pickThings, type ThingClass, type Things } from './picking.ts'
import { localStorageReport, sayUnread, thingsReport, wholeThingReport, wholeThingsReport } from './report.ts'

const CHANGES: readonly PoolEvent['kind'][] = ['host', 'inventory', 'scan']

const EXAMPLE: { readonly [Of in ThingClass]: { readonly one: string; readonly kind: string } } = {
  storage: { one: 'vg:data', kind: '@lun' },
  network: { one: 'vlan:100', kind: '@vlan' },
}

export function addThingCommands(program: Command, world: World): void {
  const storage = program.command('storage').description('storage that several hosts reach: LUNs, iSCSI targets, NFS, VGs, file systems')
  addThings(storage, 'storage', world)
  addVgCommands(storage, world)
  addConnectionCommands(storage, world)
  addListing(storage, world, {
    name: 'local [selector...]',
    description: 'disks and VGs that hosts have for themselves',
    examples: [['storage local @rack3', 'of the hosts of a group']],
    changes: CHANGES,
    like: () => localStorageReport([]),
    load: async (api, args) => {
      const [hosts, stores] = await Promise.all([everyHost(api), api.things.local().then((all) => all.hosts)])
      const { items, missing } = pickHosts(args, hosts)
      const wanted = new Set(items.map(({ id }) => id))
      return { report: localStorageReport(stores.filter(({ host }) => wanted.has(host))), missing }
    },
  })
  addDoing(storage, world, {
    name: 'scan <selector...>',
    description: 'have a host look anew which disk images lie on file systems or NFS exports; storage show lists them',
    examples: [["storage scan '@file-system'", 'all file systems, each by one of the hosts that reach it']],
    act: async (api, args, { output }) => {
      const act = async ({ key }: Thing): Promise<string> => lookSaid(await api.things.scan({ key }))
      await doToEach(pickThings('storage', args, (await api.things.list()).things), 'storage', ({ key }) => key, act, { world, output })
    },
  })
  addThings(program.command('network').description('networks that hosts are on: VLANs and untagged segments'), 'network', world)
  addMatrix(program, 'matrix', 'thing', world)
}

function addThings(parent: Command, of: ThingClass, world: World): void {
  const { one, kind } = EXAMPLE[of]
  addListing(parent, world, {
    name: 'list [selector...]',
    description: `the ${of} that is known, by key, name, pattern or @kind`,
    examples: [
      [`${of} list`, 'all'],
      [`${of} list ${kind}`, 'of one kind'],
    ],
    changes: CHANGES,
    like: () => thingsReport(of, [], new Map()),
    load: async (api, args) => {
      const [things, hosts] = await Promise.all([api.things.list().then((all) => all.things), everyHost(api)])
      const { items, missing } = pickThings(of, args, things)
      return { report: thingsReport(of, items, new Map(hosts.map(({ id, name }) => [id, name]))), missing }
    },
  })
  addListing(parent, world, {
    name: 'show <selector...>',
    description: 'which hosts reach it and how, and why the others do not',
    examples: [[`${of} show ${one}`, 'for each host']],
    changes: CHANGES,
    load: async (api, args) => {
      const [things, hosts] = await Promise.all([api.things.list().then((all) => all.things), everyHost(api)])
      const names = new Map(hosts.map(({ id, name }) => [id as string, name]))
      const { items, missing } = pickThings(of, args, things)
      const whole = await inBatches(items, ({ key }) => api.things.show({ key }))
      return {
        report: wholeThingsReport(of, whole, names),
        table: (look) => whole.map((thing) => render(wholeThingReport(of, thing, names), 'table', look)).join('\n'),
        missing,
      }
    },
  })
  addMatrix(parent, 'matrix', of, world)
}

function lookSaid({ scanned, unread }: ThingDetail): string {
  const begun = unread ? `no host looks yet: ${sayUnread(unread)}` : 'a host will look'
  return `${begun}; ${scanned ? `the last look was at ${iso(scanned.at)}, from ${scanned.host}` : 'none has looked before'}`
}

function addMatrix(parent: Command, name: string, of: Things, world: World): void {
  const what = of === 'thing' ? '' : `${of} `
  addListing<{ readonly why?: true; readonly only?: readonly string[] }>(parent, world, {
    name: `${name} [selector...]`,
    description: `which hosts reach ${of === 'thing' ? 'which storage and networks' : `which ${of}`}, as a matrix`,
    examples: [
      [`${what}matrix`, 'all hosts'],
      [`${what}matrix @rack3 --why`, 'the hosts of a group, with the reason for each gap'],
      [`${what}matrix --only '${of === 'network' ? 'vlan:1*' : 'vg:*'}' --output csv`, 'some things; a line for each cell'],
    ],
    options: (command) =>
      command
        .option('--only <selector...>', 'these things: keys, names, patterns, @kind')
        .option('--why', 'why each host does not reach what it does not reach'),
    changes: CHANGES,
    like: () => matrixReport({ hosts: [], rows: [] }),
    load: async (api, args, { why, only = [] }) => {
      const [whole, hosts] = await Promise.all([api.things.matrix(), everyHost(api)])
      const { items, missing } = pickHosts(args, hosts)
      const things = pickThings(of, only, whole.rows)
      const wanted = new Set(items.map(({ id }) => id))
      const shown = whole.hosts.flatMap(({ id }, at) => (wanted.has(id) ? [at] : []))
      const matrix = {
        hosts: shown.flatMap((at) => whole.hosts[at] ?? []),
        rows: things.items.map((row) => ({ ...row, cells: shown.flatMap((at) => row.cells[at] ?? []) })),
      }
      return {
        report: matrixReport(matrix),
        table: (look) => matrixTable(matrix, why ? 'why' : 'marks', look),
        missing: [...missing, ...things.missing],
      }
    },
  })
}
