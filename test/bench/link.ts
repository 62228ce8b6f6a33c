// Two network namespaces and a cable: a server under test at one end, its load at the other, no way out. A server that binds
// to an interface hears its client only like this, not over one namespace's loopback.

import { mkdir } from 'node:fs/promises'
import { execa } from 'execa'
import { makeRunFolder, runtimeFolder } from '../lab/folders.ts'
import { namespaceName, type Ran, runInNamespace, startGuard, sweepNamespaces } from '../lab/namespace.ts'
import { newPace } from '../lab/patience.ts'
import { RACK_ADDRESS, RACK_INTERFACE } from '../lab/plan.ts'
import type { Rack } from '../lab/rack.ts'

export const LINK_PREFIX = 16
export const LOAD_ADDRESS = '10.77.0.2'
export const LOAD_INTERFACE = 'load0'

export interface Link {
  /** The server's end, as a rack without nodes. */
  readonly server: Rack
  /** Namespace of the other end. */
  readonly client: string
  /** Runs a program at the client's end. An exit code that is not among `accepted` (0) rejects with what the program said. */
  run(argv: readonly string[], timeoutMs: number, accepted?: readonly number[]): Promise<Ran>
  close(): Promise<void>
}

export async function makeLink(): Promise<Link> {
  await sweepNamespaces(runtimeFolder)
  const [server, client] = [namespaceName(process.pid), namespaceName(process.pid)]
  const folder = await makeRunFolder()
  const runtime = runtimeFolder(server)
  const guards = [startGuard(server, [runtime]), startGuard(client, [])]
  const close = async () => {
    await Promise.all(guards.map((guard) => guard.release()))
  }
  try {
    await mkdir(runtime, { mode: 0o700 })
    for (const namespace of [server, client]) {
      await execa('ip', ['netns', 'add', namespace])
      await execa('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
    }
    const ends = [
      { namespace: server, name: RACK_INTERFACE, address: RACK_ADDRESS },
      { namespace: client, name: LOAD_INTERFACE, address: LOAD_ADDRESS },
    ]
    const cable = ['type', 'veth', 'peer', 'name', LOAD_INTERFACE, 'netns', client]
    await execa('ip', ['link', 'add', RACK_INTERFACE, 'netns', server, ...cable])
    for (const { namespace, name, address } of ends) {
      await execa('ip', ['-n', namespace, 'address', 'add', `${address}/${LINK_PREFIX}`, 'dev', name])
      await execa('ip', ['-n', namespace, 'link', 'set', name, 'up'])
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    server: serverEnd(server, folder, close),
    client,
    async run(argv, timeoutMs, accepted = [0]) {
      const ran = await runInNamespace(client, argv, { timeoutMs })
      if (accepted.includes(ran.exitCode)) return ran
      throw new Error(`${argv.slice(0, 2).join(' ')} …: exit ${ran.exitCode}: ${(ran.stderr || ran.stdout).trim().slice(-600)}`)
    },
    close,
  }
}

function serverEnd(namespace: string, folder: string, close: () => Promise<void>): Rack {
  return {
    namespace,
    folder,
    runtime: folder,
    nodes: [],
    bmc: { namespace, passwordFile: '' },
    pace: newPace(),
    say: () => undefined,
    node(name) {
      throw new RangeError(`there is no "${name}": this end has no nodes`)
    },
    exec: (argv, options) => runInNamespace(namespace, argv, options),
    close,
  }
}
