// `hostless vm-network list|create|remove`: what guests attach to.

import type { Command } from 'commander'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { doToEach } from '../../engine/outcomes.ts'
import { addDoing, addListing } from '../../engine/pool-command.ts'
import { wholeNumber } from '../../engine/quantities.ts'
import { pick, pickOneHost } from '../../engine/selecting.ts'
import { networksReport } from '../vm/report.ts'

interface CreateOptions {
  readonly bridge: string
  readonly on: readonly string[]
  readonly vlan?: number
  readonly mtu?: number
}

const each = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export function addNetworkCommands(program: Command, world: World): void {
  const network = program
    .command('vm-network')
    .description('networks that guests attach to: a name, and the bridge that each host has for it')
  addListing(network, world, {
    name: 'list [selector...]',
    description: 'networks, with the hosts that have a bridge to each; lan is what every host has booted from',
    examples: [['vm-network list', 'all']],
    changes: ['host', 'inventory', 'automation'],
    like: () => networksReport([], (host) => host),
    load: async (api, args) => {
      const [hosts, networks] = await Promise.all([everyHost(api), api.networks.list()])
      const names = new Map(hosts.map(({ id, name }) => [id, name]))
      const { items, missing } = pick(args, networks.networks, { noun: 'network', names: ({ name }) => [name], groups: () => [] })
      return { report: networksReport(items, (host) => names.get(host) ?? host), missing }
    },
  })
  addDoing<CreateOptions>(network, world, {
    name: 'create <name>',
    description: 'give the bridges that hosts have to one network a name',
    examples: [
      ['vm-network create dmz --bridge br100 --vlan 100', 'the same bridge on all hosts'],
      ['vm-network create dmz --bridge br100 --on node09=br7', 'but on one'],
    ],
    options: (command) =>
      command
        .requiredOption('--bridge <bridge>', 'that hosts have')
        .option('--on <host=bridge>', 'where a host has another; may be said again', each, [])
        .option('--vlan <id>', 'that it is outside, for people', wholeNumber(1, 4094))
        .option('--mtu <bytes>', 'of its frames, for people', wholeNumber(576, 65_535)),
    act: async (api, [name = ''], { bridge, on, vlan, mtu, output }) => {
      const hosts = on.length === 0 ? [] : await everyHost(api)
      const bridges = Object.fromEntries(
        on.map((one) => {
          const [host, other] = one.split('=')
          if (!host || !other) throw new CommandFailure(`--on ${one}: say HOST=BRIDGE`, 2)
          return [pickOneHost(host, hosts).id, other]
        }),
      )
      const act = async () => {
        const more = { ...(vlan === undefined ? {} : { vlan }), ...(mtu === undefined ? {} : { mtu }) }
        const made = await api.networks.create({ name, bridge, bridges, ...more })
        return `${made.hosts.length} hosts have its bridge`
      }
      await doToEach({ items: [name], missing: [] }, 'network', (one) => one, act, { world, output })
    },
  })
  addDoing(network, world, {
    name: 'remove <name...>',
    description: 'forget networks that no guest attaches to: nothing changes on hosts',
    examples: [['vm-network remove dmz', 'one']],
    act: async (api, names, { output }) => {
      const act = async (name: string) => {
        await api.networks.remove({ name })
        return 'forgotten'
      }
      await doToEach({ items: names, missing: [] }, 'network', (name) => name, act, { world, output })
    },
  })
}
