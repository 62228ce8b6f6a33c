// Which hosts a guest fits on, in the API's words. Pure.
import { guestMemory } from '../../claims/needs.ts'
import type { ConnectivityMatrix } from '../../connectivity/matrix.ts'
import { type FreeMemory, hostsFor } from '../../connectivity/placement.ts'
import type { Placement, PlacementAsk } from '../../contract/placement.ts'
import type { HostView } from '../../hosts/pool-change.ts'

/** `hosts`: all; of those that the matrix has not, nothing is known, and that is in the way. */
export function placementAnswer(
  matrix: ConnectivityMatrix,
  hosts: readonly HostView[],
  { networks, storage, memoryBytes, type, from }: PlacementAsk,
  memory: FreeMemory,
): Placement {
  const cpu = from === undefined ? { kind: 'start' as const, type } : { kind: 'move' as const, guest: { type }, from }
  const needed = memoryBytes === 0 ? 0 : guestMemory({ memoryBytes, vcpus: 1 })
  const { fits, refused } = hostsFor(matrix, { networks, storage, memoryBytes: needed, cpu }, memory)
  const nameOf = (id: string) => hosts.find((host) => host.id === id)?.name ?? id
  // A rejected one is none of the pool.
  const silent = hosts.filter(({ id, state }) => state !== 'rejected' && !matrix.cpuOf(id))
  return {
    fits: fits.map((host) => ({ host, name: nameOf(host) })),
    refused: [
      ...refused.map(({ host, reasons }) => ({ host, name: nameOf(host), reasons: [...reasons] })),
      ...silent.map(({ id, name }) => ({ host: id, name, reasons: [`${name} has not reported what it reaches`] })),
    ],
  }
}
