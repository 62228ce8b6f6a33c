// Which hosts a guest fits on, the best first, and what is in the way on the others. Pure.
import { guestMemory } from '../../claims/needs.ts'
import type { Room } from '../../claims/rooms.ts'
import type { ConnectivityMatrix } from '../../connectivity/matrix.ts'
import type { Placement, PlacementAsk } from '../../contract/placement.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import { matrixPicture } from '../../placement/matrix-picture.ts'
import { USUAL_RULES } from '../../placement/picture.ts'
import { rank } from '../../placement/place.ts'
import { sayReason } from '../../placement/reason.ts'

/** `hosts`: all; of those that the matrix has not, nothing is known, and that is in the way. `memory`: what is free, by host. */
export function placementAnswer(
  matrix: ConnectivityMatrix,
  hosts: readonly HostView[],
  { networks, storage, memoryBytes, type, from }: PlacementAsk,
  memory: (host: string) => Room | undefined,
): Placement {
  const cordons = new Map(hosts.flatMap(({ id, cordon }) => (cordon ? [[id, cordon.reason] as const] : [])))
  const picture = matrixPicture(matrix, { memory, cordon: (id) => cordons.get(id) })
  const cpu = from === undefined ? { kind: 'start' as const, type } : { kind: 'move' as const, guest: { type }, from }
  const needed = memoryBytes === 0 ? 0 : guestMemory({ memoryBytes, vcpus: 1 })
  const verdicts = rank(picture, { memoryBytes: needed, dom0Bytes: 0, vcpus: 0, space: [], networks, storage, cpu }, USUAL_RULES)
  // A rejected one is none of the pool.
  const silent = hosts.filter(({ id, trust }) => trust !== 'rejected' && !matrix.cpuOf(id))
  return {
    fits: verdicts.flatMap(({ kind, host: { id, name } }) => (kind === 'fits' ? [{ host: id, name }] : [])),
    refused: [
      ...verdicts.flatMap((one) => {
        const { id, name } = one.host
        return one.kind === 'fits'
          ? []
          : [{ host: id, name, reasons: one.reasons.map((reason) => sayReason(one.host, reason, picture.reach)) }]
      }),
      ...silent.map(({ id, name }) => ({ host: id, name, reasons: [`${name} has not reported what it reaches`] })),
    ],
  }
}
