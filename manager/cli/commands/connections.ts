// `hostless storage connect|connections|disconnect`: the iSCSI targets that hosts are to be logged in to.
import type { Command } from 'commander'
import type { NewSiteConnection, SiteConnection } from '../../contract/connections.ts'
import type { World } from '../engine/answer.ts'
import { counted, id, iso, text, time, words } from '../engine/columns.ts'
import { CommandFailure } from '../engine/failure.ts'
import { listReport } from '../engine/list-report.ts'
import { doToEach } from '../engine/outcomes.ts'
import type { Report, Row } from '../engine/output/output.ts'
import { addDoing, addListing } from '../engine/pool-command.ts'
import { pick } from '../engine/selecting.ts'

interface ConnectOptions {
  readonly target?: string
  readonly groups?: readonly string[]
  readonly chapUser?: string
}

export function addConnectionCommands(storage: Command, world: World): void {
  addListing(storage, world, {
    name: 'connections [selector...]',
    description: 'what hosts are to be logged in to, and how far each host is',
    examples: [['storage connections --watch', 'all, as hosts log in']],
    changes: ['host', 'inventory', 'alarm', 'alarm-cleared'],
    like: () => connectionsReport([]),
    load: async (api, args) => {
      const all = (await api.connections.list()).connections
      if (args.length === 0) return { report: connectionsReport(all) }
      const { items, missing } = pick(args, all, NAMING)
      return { report: connectionsReport(items), missing }
    },
  })
  addDoing<ConnectOptions>(storage, world, {
    name: 'connect <kind> <portal>',
    description: 'log hosts in to an iSCSI target, or to all that a portal offers, now and whenever they boot; KIND is iscsi',
    examples: [
      ['storage connect iscsi 10.77.0.1', 'all targets of a portal, on all hosts'],
      ['storage connect iscsi 10.77.0.1:3260 --target iqn.2026-11.com.example:disk1 --groups rack3', 'one target, on the hosts of a group'],
    ],
    options: (command) =>
      command
        .option('--target <name>', 'only this target')
        .option('--groups <group...>', 'only the hosts of these groups')
        .option('--chap-user <user>', 'with CHAP; the password is asked for, or the first line of stdin'),
    act: async (api, [kind = '', portal = ''], { target, groups = [], chapUser, output }) => {
      if (kind !== 'iscsi') throw new CommandFailure(`hosts can be connected to iscsi, not to ${JSON.stringify(kind)}`, 2)
      const chap = chapUser === undefined ? {} : { chap: { user: chapUser, password: await world.prompt.secret('CHAP password: ') } }
      const wish: NewSiteConnection = { kind, portal, groups: [...groups], ...(target === undefined ? {} : { target }), ...chap }
      const act = async (): Promise<string> => describeConnection(await api.connections.add(wish))
      await doToEach({ items: [wish], missing: [] }, 'connection', () => portal, act, { world, output })
    },
  })
  addDoing(storage, world, {
    name: 'disconnect <connection...>',
    description:
      'log the hosts out again, by id, portal, target or pattern; where a LUN is in use its host stays logged in until it is not',
    examples: [['storage disconnect iqn.2026-11.com.example:disk1', 'from all hosts']],
    act: async (api, args, { output }) => {
      const act = async ({ id: key }: SiteConnection): Promise<string> => describeConnection(await api.connections.remove({ id: key }))
      await doToEach(pick(args, (await api.connections.list()).connections, NAMING), 'connection', nameOf, act, { world, output })
    },
  })
}

const NAMING = {
  noun: 'connection',
  names: ({ id: key, portal, target }: SiteConnection) => [key, portal, ...(target === undefined ? [] : [target])],
  groups: ({ groups }: SiteConnection) => groups,
}

function nameOf({ portal, target }: SiteConnection): string {
  return target === undefined ? portal : `${target} at ${portal}`
}

function describeConnection({ id: key, ending, hosts }: SiteConnection): string {
  const failed = hosts.filter(({ state }) => state === 'failed').length
  const what = ending ? `ending, ${counted(hosts.length, 'host')} still logged in` : `wanted of ${counted(hosts.length, 'host')}`
  return `connection ${key}: ${what}${failed === 0 ? '' : `, ${failed} failed`}`
}

function connectionsReport(connections: readonly SiteConnection[]): Report {
  const columns = [
    ...[text('portal', 'PORTAL'), text('target', 'TARGET'), text('host', 'HOST'), text('state', 'STATE')],
    ...[words('why', 'WHY'), text('groups', 'GROUPS', { spare: 2 }), text('user', 'CHAP USER', { spare: 3 })],
    ...[time('created', 'SINCE', { spare: 4 }), text('by', 'BY', { spare: 4 }), id('id', 'ID')],
  ]
  const rows = connections.flatMap((connection): readonly Row[] => {
    const { hosts, portal, target, groups, user, created, by, id: key, ending } = connection
    const common = { portal, target: target ?? null, groups: groups.join(' '), user: user ?? null, created: iso(created), by, id: key }
    if (hosts.length === 0) return [{ ...common, host: null, state: ending ? 'ending' : 'wanted', why: 'of no host' }]
    return hosts.map(({ name, state, why }) => ({ ...common, host: name, state, why }))
  })
  return listReport('connections', 'connection', columns, rows, 'Hosts are to be logged in to nothing.')
}
