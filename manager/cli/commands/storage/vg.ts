// `hostless storage vg list|create|extend|remove` and `storage disks`: local disks become VGs, on several hosts at once.

import type { Command } from 'commander'
import type { Host } from '../../../contract/hosts.ts'
import type { WantedDisks } from '../../../contract/storage.ts'
import type { World } from '../../engine/answer.ts'
import type { PoolApi } from '../../engine/api/calls.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { addDetachOption, type DetachOptions, startOnEach } from '../../engine/automation/starting.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { confirm } from '../../engine/outcomes.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { pickHosts, type Selected } from '../../engine/selecting.ts'
import { allWithin } from '../../engine/within.ts'
import { disksReport, vgsReport } from './report.ts'

interface OnOptions extends DetachOptions {
  readonly on: readonly string[]
}

interface DiskOptions extends OnOptions {
  readonly disks: readonly string[]
}

export function addVgCommands(storage: Command, world: World): void {
  addListing(storage, world, {
    name: 'disks [selector...]',
    description: 'the disks of hosts: which may become a VG as they are, which take that their serial number is typed, and why',
    examples: [['storage disks @rack3', 'of the hosts of a group']],
    changes: ['host', 'inventory'],
    like: () => disksReport([]),
    load: async (api, args) => {
      const { wanted, missing } = await hostsOf(api, args)
      return { report: disksReport((await api.storage.disks()).hosts.filter(({ host }) => wanted.has(host))), missing }
    },
  })
  const vg = storage.command('vg').description("VGs, which guests' disks are made in")
  addListing(vg, world, {
    name: 'list [selector...]',
    description: 'the VGs of hosts, with what is free, their disks and the pools that they belong to',
    examples: [["storage vg list 'node[01-04]'", 'of some hosts']],
    changes: ['host', 'inventory', 'automation'],
    like: () => vgsReport([]),
    load: async (api, args) => {
      const { wanted, missing } = await hostsOf(api, args)
      return { report: vgsReport((await api.storage.vgs()).hosts.filter(({ host }) => wanted.has(host))), missing }
    },
  })
  addDoing<DiskOptions & { readonly pool?: string }>(vg, world, {
    name: 'create <name>',
    description: 'make a VG of disks, on each of these hosts',
    examples: [
      ["storage vg create data --on 'node[01-04]' --disks empty", 'of all disks that are proven empty'],
      ['storage vg create fast --on node01 --disks S4EVNX0R', 'of one disk, whose signatures are wiped'],
      [
        'storage vg create san --on node01 --disks naa.60050768018086ad4',
        'of a LUN that others see, too: empty on all of them, and theirs as well',
      ],
      ['storage vg create vg1 --pool data --on node09 --disks empty', 'that operators call data'],
    ],
    options: (command) => addDisks(addOn(command)).option('--pool <name>', 'how operators call it, where that is not its name'),
    act: async (api, [name = ''], { on, disks, pool, output, detach }) => {
      const wanted = wantedDisks(disks)
      const start = ({ id }: Host) => api.storage.createVg({ host: id, name, disks: wanted, ...(pool === undefined ? {} : { pool }) })
      await startOnEach(await allWithin(api, await pickOn(api, on)), { ...HOST, start, api, world, output, detach })
    },
  })
  addDoing<DiskOptions>(vg, world, {
    name: 'extend <name>',
    description: 'add disks to a VG, by its name, UUID or pool, on each of these hosts',
    examples: [['storage vg extend data --on node01 --disks S4EVNX0R S4EVNX0S', 'by two disks']],
    options: (command) => addDisks(addOn(command)),
    act: async (api, [vgName = ''], { on, disks, output, detach }) => {
      const wanted = wantedDisks(disks)
      const start = ({ id }: Host) => api.storage.extendVg({ host: id, vg: vgName, disks: wanted })
      await startOnEach(await allWithin(api, await pickOn(api, on)), { ...HOST, start, api, world, output, detach })
    },
  })
  addDoing<OnOptions & { readonly yes?: true }>(vg, world, {
    name: 'remove <name>',
    description: 'remove a VG that has no LVs, on each of these hosts: its disks are empty then',
    examples: [['storage vg remove data --on node01', 'on one host']],
    options: (command) => addOn(command).option('--yes', 'also on more than one, without being asked'),
    act: async (api, [vgName = ''], { on, yes, output, detach }) => {
      const selected = await allWithin(api, await pickOn(api, on))
      if (selected.items.length > 1) {
        await confirm(`Remove VG ${vgName} on ${selected.items.map(({ name }) => name).join(', ')}?`, yes, world)
      }
      const start = ({ id }: Host) => api.storage.removeVg({ host: id, vg: vgName })
      await startOnEach(selected, { ...HOST, start, api, world, output, detach })
    },
  })
}

const HOST = { noun: 'host', nameOf: ({ name }: Host) => name } satisfies { readonly noun: string; readonly nameOf: (host: Host) => string }

function addOn(command: Command): Command {
  return addDetachOption(command.requiredOption('--on <selector...>', 'the hosts'))
}

function addDisks(command: Command): Command {
  return command.requiredOption(
    '--disks <disk...>',
    'empty: all that are proven so; or serial numbers or WWIDs, of which each host takes its own. Of a LUN that other hosts see nothing is wiped',
  )
}

function wantedDisks(given: readonly string[]): WantedDisks {
  if (!given.includes('empty')) return [...given]
  if (given.length > 1) throw new CommandFailure('--disks empty takes all empty disks: no other disk beside it', 2)
  return 'empty'
}

async function pickOn(api: PoolApi, on: readonly string[]): Promise<Selected<Host>> {
  return pickHosts(on, await everyHost(api))
}

async function hostsOf(
  api: PoolApi,
  args: readonly string[],
): Promise<{ readonly wanted: ReadonlySet<string>; readonly missing: readonly string[] }> {
  const { items, missing } = await pickOn(api, args)
  return { wanted: new Set(items.map(({ id }) => id)), missing }
}
