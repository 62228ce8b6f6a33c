// Streams' processes on this machine: each in a session of its own, so that none ends with the agent, and none is ended by a signal: an xl
// migrate that is killed leaves its guest standing still.
import { chmod, mkdir } from 'node:fs/promises'
import type { Command } from '../backend.ts'
import { machinePrograms } from '../jobs/exec.ts'
import type { StreamPlaces } from './places.ts'
import { askAt } from './relay/control.ts'
import { identityOf, newIdentity } from './relay/identity.ts'
import type { Relays } from './relays.ts'

/** `agent`: what runs the agent's bundle here, with its options. */
export function machineRelays(agent: Command, xl = 'xl'): Relays {
  const start = async (places: StreamPlaces, command: Command, said: string): Promise<void> => {
    await mkdir(places.folder, { recursive: true, mode: 0o700 })
    await chmod(places.folder, 0o700)
    const { go } = await machinePrograms.prepare(command, { out: '/dev/null', err: said, status: places.code })
    go()
  }
  return {
    identity: () => newIdentity(),
    pinOf: (key) => identityOf(key).pin,
    // Its own words go nowhere: what it has to say is its status. `said` is xl's.
    receive: (places) => start(places, [...agent, '--relay', places.folder, xl], '/dev/null'),
    // Verbose: it says when the guest stands still.
    send: (places, domid) => start(places, [xl, '-vvv', 'migrate', '-s', '', String(domid), transport(agent, places)], places.said),
    seed: (folder, id) => [...agent, '--seed', folder, id],
    ask: (places, asked) => askAt(places.control, asked),
  }
}

/** xl hands this to a shell: nothing in it is more than a word. */
function transport(agent: Command, { folder }: StreamPlaces): string {
  const words = [...agent, '--relay', folder]
  const odd = words.find((word) => !/^[A-Za-z0-9_./=:@+-]+$/.test(word))
  if (odd !== undefined) throw new Error(`${JSON.stringify(odd)} cannot be handed to a shell`)
  return `exec ${words.join(' ')}`
}
