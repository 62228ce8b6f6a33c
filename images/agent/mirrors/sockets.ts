// Sockets that DRBD has closed while something in them had not arrived. The kernel has ended their timers (module.ts): nobody sends it again,
// and they stay for good, each with up to a full buffer of dom0's memory.
import { MIRROR_PORTS } from '../../../manager/protocol/mirror-ports.ts'
import type { World } from '../requests/world.ts'

const { first, last } = MIRROR_PORTS
const OF_MIRRORS = `( sport >= :${first} and sport <= :${last} ) or ( dport >= :${first} and dport <= :${last} )`

/** ss(8) of a kernel that lets it. Where that fails they stay, as they would have. */
export async function endLeftSockets({ backend }: Pick<World, 'backend'>): Promise<void> {
  await backend.run(['ss', '--no-header', '--tcp', '--kill', 'state', 'fin-wait-1', OF_MIRRORS])
}
