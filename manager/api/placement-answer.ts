// Which hosts a guest fits on, in the API's words. Pure.
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import { hostsFor } from '../connectivity/placement.ts'
import type { HostView } from '../hosts/pool-change.ts'
import type { Placement, PlacementAsk } from './schema-pool.ts'

/** `hosts`: all; of those that the matrix has not, nothing is known, and that is in the way. */
export function placementAnswer(
  matrix: ConnectivityMatrix,
  hosts: readonly HostView[],
  { networks, storage, memoryBytes, type, from }: PlacementAsk,
): Placement {
  const cpu = from === undefined ? { kind: 'start' as const, type } : { kind: 'move' as const, guest: { type }, from }
  const { fits, refused } = hostsFor(matrix, { networks, storage, memoryBytes, cpu })
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
