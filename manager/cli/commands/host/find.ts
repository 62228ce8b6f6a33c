// `hostless host find`: which hosts reach all that a guest needs, and what the others lack.

import { type Command, Option } from 'commander'
import type { Placement } from '../../../contract/placement.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { text, words } from '../../engine/columns.ts'
import { listReport } from '../../engine/list-report.ts'
import type { Report } from '../../engine/output/output.ts'
import { addListing } from '../../engine/pool-command.ts'
import { byteSize } from '../../engine/quantities.ts'
import { pickHosts, pickOneHost } from '../../engine/selecting.ts'
import { pickOneThing } from '../things/picking.ts'

interface FindOptions {
  readonly network: readonly string[]
  readonly storage: readonly string[]
  readonly memory: number
  readonly from?: string
  readonly type: 'pv' | 'pvh' | 'hvm'
}

const each = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export function addHostFind(host: Command, world: World): void {
  addListing<FindOptions>(host, world, {
    name: 'find [selector...]',
    description: 'which hosts reach all that a guest needs, and what each other one lacks',
    examples: [
      ['host find --network vlan:100 --storage vg:data --memory 4G', 'where a new guest could start'],
      ['host find @rack3 --network vlan:100 --from node01', 'where in a rack one that runs on node01 could go live'],
    ],
    options: (command) =>
      command
        .option('--network <key>', 'that it is on, by key or name; may be said again', each, [])
        .option('--storage <key>', 'that holds its disks, by key or name; may be said again', each, [])
        .option('--memory <size>', 'that it has: 512M, 4G', byteSize, 0)
        .option('--from <host>', 'that it runs on, and leaves live')
        .addOption(new Option('--type <type>', 'of guest').choices(['pv', 'pvh', 'hvm']).default('pvh')),
    changes: ['host', 'inventory', 'sample'],
    like: () => placementReport({ fits: [], refused: [] }, new Set()),
    load: async (api, args, { network, storage, memory, from, type }) => {
      const [hosts, things] = await Promise.all([everyHost(api), api.things.list().then((all) => all.things)])
      const { items, missing } = pickHosts(args, hosts)
      const wanted = new Set(items.map(({ id }) => id))
      const placement = await api.placements.find({
        networks: network.map((name) => pickOneThing('network', name, things).key),
        storage: storage.map((name) => pickOneThing('storage', name, things).key),
        memoryBytes: memory,
        type,
        ...(from === undefined ? {} : { from: pickOneHost(from, hosts).id }),
      })
      return { report: placementReport(placement, wanted), missing }
    },
  })
}

/** Of `hosts` (ids) alone. */
function placementReport({ fits, refused }: Placement, hosts: ReadonlySet<string>): Report {
  const columns = [
    text('host', 'HOST'),
    text('fits', 'FITS', { tone: (value) => (value === true ? 'good' : 'bad') }),
    words('why', 'WHY NOT'),
  ]
  const rows = [
    ...fits.map(({ host, name }) => ({ id: host, host: name, fits: true, why: null })),
    ...refused.map(({ host, name, reasons }) => ({ id: host, host: name, fits: false, why: reasons.join('; ') })),
  ]
  const asked = rows.filter(({ id }) => hosts.has(id))
  return listReport('placement', 'host', columns, asked, 'No host has reported what it reaches.')
}
