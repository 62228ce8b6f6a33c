// `hostless host boot --once`: something else than the pool, at the next boot of hosts and at that alone.
import { type Command, Option } from 'commander'
import type { Host } from '../../../contract/hosts.ts'
import { ONCE_KINDS, ONCE_NAMES, type OnceKind } from '../../../protocol/once.ts'
import type { World } from '../../engine/answer.ts'
import { everyHost } from '../../engine/api/every-host.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { doToEach } from '../../engine/outcomes.ts'
import { addDoing } from '../../engine/pool-command.ts'
import { pickHosts } from '../../engine/selecting.ts'
import { allWithin } from '../../engine/within.ts'

interface OnceOptions {
  readonly once?: OnceKind | 'none'
}

export function addBootOnce(host: Command, world: World): void {
  addDoing<OnceOptions>(host, world, {
    name: 'boot <selector...>',
    description: 'say what hosts boot instead of the pool once, at their next boot within 24 h; it resets none',
    examples: [
      ['host boot node07 --once memtest', 'on screen and first serial port'],
      ['host boot @rack3 --once local', 'first disk, or next entry of UEFI'],
      ['host boot node07 --once shell', "iPXE's, on its console"],
      ['host boot @rack3 --once none', 'take it back'],
    ],
    options: (command) =>
      command.addOption(new Option('--once <what>', 'what to boot, or none to take it back').choices([...ONCE_KINDS, 'none'])),
    act: async (api, args, { output, once: what }) => {
      if (what === undefined) throw new CommandFailure(`say what: --once ${[...ONCE_KINDS, 'none'].join(', --once ')}`, 2)
      const act = async ({ id }: Host): Promise<string> => {
        const { once } = await api.boots.once({ ref: id, what })
        return once ? `${ONCE_NAMES[once.what]} at its next boot, once` : 'the pool at its next boot'
      }
      await doToEach(await allWithin(api, pickHosts(args, await everyHost(api))), 'host', ({ name }) => name, act, { world, output })
    },
  })
}
