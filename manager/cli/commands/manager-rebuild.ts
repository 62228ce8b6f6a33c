// `hostless manager rebuild`: guests, disks and networks from what the hosts alone know, in a database that has lost them.
import type { Command } from 'commander'
import type { RebuiltAnswer } from '../../contract/manager.ts'
import type { World } from '../engine/answer.ts'
import { counted, text, words } from '../engine/columns.ts'
import { CommandFailure } from '../engine/failure.ts'
import { type Report, render } from '../engine/output/output.ts'
import { addDoing } from '../engine/pool-command.ts'

interface RebuildOptions {
  readonly dryRun?: true
  readonly takeOver?: true
}

export function addManagerRebuildCommand(program: Command, world: World): void {
  const manager = program.commands.find((command) => command.name() === 'manager') ?? program.command('manager')
  addDoing<RebuildOptions>(manager, world, {
    name: 'rebuild',
    description:
      'after the database was lost: guests, disks and networks again, from what the hosts alone know; nothing on hosts is changed',
    examples: [
      ['manager rebuild --dry-run', 'what would be made, which hosts are not read yet, what nothing tells'],
      ['manager rebuild', 'when all hosts are back and approved'],
      ['manager rebuild --take-over', 'of hosts that have heard a newer manager, which is gone for good'],
    ],
    options: (command) =>
      command
        .option('--dry-run', 'only look')
        .option('--take-over', 'hosts that have heard a newer manager obey this one, from its next start on'),
    act: async (api, _args, { dryRun, takeOver, output }) => {
      const answer = await api.manager.rebuild({ mode: dryRun ? 'preview' : 'write', takeOver: takeOver ? 'yes' : 'no' })
      world.out.write(render(rebuiltReport(answer), output, world.out))
      const { unread } = answer
      if (unread.length > 0) throw new CommandFailure(`${counted(unread.length, 'host')} not read: nothing is made until then`, 3)
    },
  })
}

function rebuiltReport({ done, guests, networks, hosts, disagree, unknown, unread }: RebuiltAnswer): Report {
  const made = done === 'written' ? 'made' : 'to be made'
  const said = (name: string, title: string, lines: readonly string[], empty: string) => ({
    ...{ name, item: 'line', title, shape: 'list' as const, empty },
    columns: [words('line', title.toUpperCase())],
    rows: lines.map((line) => ({ line })),
  })
  return {
    name: 'rebuilt',
    sections: [
      {
        ...{ name: 'guests', item: 'guest', title: `Guests ${made}`, shape: 'list', empty: `No guest is ${made}.` },
        columns: [
          ...[text('name', 'GUEST'), text('host', 'HOST'), text('power', 'POWER'), words('disks', 'DISKS')],
          ...[text('by', 'KNOWN BY'), text('uuid', 'UUID', { spare: 1, cut: 'middle' })],
        ],
        rows: guests.map((guest) => ({ ...guest, disks: [...guest.disks] })),
      },
      {
        ...{ name: 'networks', item: 'network', title: `Networks ${made}`, shape: 'list', empty: `No network is ${made}.` },
        columns: [text('name', 'NETWORK'), text('bridge', 'BRIDGE')],
        rows: networks.map((network) => ({ ...network })),
      },
      {
        ...{ name: 'unread', item: 'host', title: 'Hosts not read', shape: 'list', empty: 'All hosts were read.' },
        columns: [text('host', 'HOST'), words('why', 'WHY')],
        rows: unread.map((one) => ({ ...one })),
      },
      said('hosts', 'Hosts known again', hosts, 'None had been forgotten.'),
      said('disagree', 'What hosts tell against each other', disagree, 'Nothing.'),
      said('unknown', 'What no host tells', unknown, 'Nothing.'),
    ],
  }
}
