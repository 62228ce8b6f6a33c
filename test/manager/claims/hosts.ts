// Hosts as claims know them, from the few things that a test is about.

import type { Holder, KnownHost } from '../../../manager/claims/claim.ts'
import { memoryRoom } from '../../../manager/claims/rooms.ts'
import type { HostState } from '../../../manager/protocol/host.ts'
import { report } from '../connectivity/inventories.ts'
import { hostIn } from '../hosts/conditions.ts'

export const MIB = 1 << 20
export const GIB = 1 << 30

export const uuidOf = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
export const guest = (number: number): Holder => ({ kind: 'guest', id: uuidOf(number), name: `web${number}` })
export const automation = (id: string): Holder => ({ kind: 'automation', id, name: `automation ${id}` })

export type Reported = Parameters<typeof report>[0]

/** 16 GiB, of which dom0 has 1. */
export const PLAIN: Reported = { xen: { totalBytes: 16 * GIB, commandLine: 'dom0_mem=1G,max:1G' }, memory: { dom0TotalBytes: GIB } }

export function host(id: string, given: Reported = {}, state: HostState = 'up'): KnownHost {
  return { id, name: id, ...hostIn(state), inventory: report({ ...PLAIN, ...given }) }
}

/** As an agent reports a guest. */
export function running(number: number, more: object = {}) {
  const bytes = { memoryBytes: GIB, maxMemoryBytes: GIB }
  const all = {
    domid: number,
    uuid: uuidOf(number),
    name: `hand${number}`,
    type: 'pvh',
    state: 'running',
    vcpus: 1,
    maxVcpus: 1,
    disks: [],
    nics: [],
  }
  return { ...all, ...bytes, ...more } as never
}

export const disk = (target: string, readOnly = false) => ({ vdev: 'xvda', target, readOnly })

/** What is free of a host's memory while nothing is claimed. */
export function freeMemory({ inventory }: KnownHost): number {
  const room = inventory && memoryRoom(inventory, [])
  return room?.kind === 'room' ? room.free : Number.NaN
}
