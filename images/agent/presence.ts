// Hosts hear each other where their bridges have learned each other's MACs, and a bridge forgets a station that is silent for 300 s
// (ageing_time). Hosts that have nothing to say to each other would fall out of the networks that they share, so each says now and then
// that it is there.
import type { Bridge } from '../../manager/protocol/network.ts'
import type { Backend, Command } from './backend.ts'

/** Milliseconds: two in a row may be lost. */
export const PRESENCE_PERIOD = 120_000
/** A host has a few; thousands would be a mistake of somebody's, and none to repeat on the wire. */
const MOST = 64
/** The IPv4 dummy address (RFC 7600, 4.8): nobody has it, so nobody answers. */
const NOBODY = '192.0.0.8'

/** An ARP probe (RFC 5227, 2.1.1) over each bridge that leads somewhere: a broadcast that needs no address and changes no one's cache. */
export function presenceCommands(bridges: readonly Bridge[]): readonly Command[] {
  return bridges
    .filter(({ link, ports }) => link !== 'down' && ports.some((port) => port.link !== 'down'))
    .slice(0, MOST)
    .map(({ name }) => ['busybox', 'arping', '-q', '-D', '-c', '1', '-w', '1', '-I', name, NOBODY])
}

/** What cannot be said now is said the next time. */
export async function showPresence(backend: Pick<Backend, 'run'>, bridges: readonly Bridge[]): Promise<void> {
  await Promise.all(presenceCommands(bridges).map((command) => backend.run(command)))
}
