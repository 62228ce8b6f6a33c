// `hostless vm console`: a guest's console here, its kept log first; or the end of that log alone.
import type { Command } from 'commander'
import { consoleText } from '../../../protocol/console-text.ts'
import type { World } from '../../engine/answer.ts'
import { poolApi } from '../../engine/api/calls.ts'
import { apiClient } from '../../engine/api/client.ts'
import { type ApiOptions, addApiOptions, apiSettings } from '../../engine/api/settings.ts'
import { attachConsole, ownStreams, type Streams } from '../../engine/console/attach.ts'
import { describedCommand } from '../../engine/described.ts'

interface ConsoleOptions extends ApiOptions {
  readonly readOnly?: true
  readonly log?: true
}

/** `streams`: keyboard and screen. */
export function addVmConsole(vm: Command, world: World, streams: () => Streams = ownStreams): void {
  const command = describedCommand(vm, {
    name: 'console <guest>',
    description:
      'the console of a guest: the end of what it has said, then as it goes on; Ctrl-] detaches. Several may look at the same time; a viewer may not type. It has no size of its own: in the guest, stty rows 50 cols 132 says yours',
    examples: [
      ['vm console web1', 'to look and to type'],
      ['vm console web1 --read-only', 'only to look'],
      ['vm console web1 --log', 'what it has said, as plain text'],
    ],
  })
    .option('--read-only', 'only look')
    .option('--log', 'print the end of what it has said, and no more')
  addApiOptions(command).action(async (guest: string) => {
    const options = command.opts<ConsoleOptions>()
    const settings = await apiSettings(options, world.environment)
    const api = poolApi(apiClient(settings))
    if (options.log) {
      const text = consoleText((await api.consoles.log({ ref: guest, bytes: 262_144 })).text)
      world.out.write(text === '' || text.endsWith('\n') ? text : `${text}\n`)
      return
    }
    const opened = await api.consoles.open({ ref: guest, mode: options.readOnly ? 'look' : 'type' })
    await attachConsole({ settings, console: opened, streams: streams(), say: (text) => world.err.write(text) })
  })
}
