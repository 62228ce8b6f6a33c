// `hostless host approve`: shows who is let in, and lets in those that it has shown. The others of an operator's acts are change.ts's.

import type { Command } from 'commander'
import type { Host } from '../../../contract/hosts.ts'
import { sayIdentity } from '../../../wording.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { confirm, doToEach } from '../../engine/outcomes.ts'
import { oneLine } from '../../engine/output/text.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { pickHosts } from '../../engine/selecting.ts'

interface ApproveOptions {
  readonly yes?: true
  readonly seen?: string
}

export function addApprove(host: Command, world: World): void {
  addDoing<ApproveOptions>(host, world, {
    name: 'approve <selector...>',
    description: 'let machines that wait into the pool, and those that boot as a host and are not as it was known (new hardware)',
    examples: [
      ["host approve 'node[01-04]'", 'four that were looked at: hostless host show says what each is, and what it was'],
      ['host approve node01 --seen 0f1e2d3c4b5a6978', 'no other machine than the one that host show told this of'],
    ],
    options: (command) =>
      command
        .option('--yes', 'do not ask whether another machine is to be the host')
        .option('--seen <word>', 'of one host: what host show said beside "Approve with --seen"'),
    act: async (api, args, { output, yes, seen }) => {
      const selected = pickHosts(args, await everyHost(api))
      const { items } = selected
      if (seen !== undefined && items.length !== 1) throw new CommandFailure('--seen is of one host', 2)
      for (const one of items) if (one.seen !== undefined) world.err.write(`${sayWaiting(one)}\n`)
      const others = items.filter(({ change }) => change !== undefined && seen === undefined)
      if (others.length > 0) {
        const names = others.map(({ name }) => oneLine(name)).join(', ')
        await confirm(
          `Is the machine that boots as ${names} from now on ${others.length === 1 ? 'that host' : 'each of them'}?`,
          yes,
          world,
        )
      }
      const act = async (one: Host) => (await api.hosts.approve({ ref: one.id, seen: seen ?? one.seen })).state
      await doToEach(selected, 'host', ({ name }) => name, act, { world, output })
    },
  })
}

function sayWaiting({ name, uuid, macs, hardware, change }: Host): string {
  if (change) return oneLine(`${name}: now ${sayIdentity(change.is)}; known was ${sayIdentity(change.was)}`)
  const { product, serial } = hardware ?? {}
  return oneLine(`${name}: ${sayIdentity({ uuid, macs, product, serial })}`)
}
