// The picture of a pool of which only connectivity and free memory are asked: `host find`, which knows no guest and no VG. Pure.
import type { Room } from '../claims/rooms.ts'
import type { ConnectivityMatrix } from '../connectivity/matrix.ts'
import type { Picture } from './picture.ts'

export interface HostsAside {
  /** What is free of a host's memory, by claims; by its id. */
  readonly memory: (host: string) => Room | undefined
  /** Why no guest is to come to it. */
  readonly cordon: (host: string) => string | undefined
}

export function matrixPicture(matrix: ConnectivityMatrix, { memory, cordon }: HostsAside): Picture {
  const none: Room = { kind: 'unread', reason: 'it has not reported' }
  const hosts = matrix.hosts().map(({ inventory, ...host }) => ({
    ...{ ...host, cordon: cordon(host.id), groups: [], memory: memory(host.id) ?? none, dom0: none },
    ...{ threads: inventory.cpus.threads, vcpus: 0, guests: 0, siblings: new Map(), vgs: new Map(), unread: undefined },
    cpu: matrix.cpuOf(host.id),
  }))
  return { hosts, reach: matrix }
}
