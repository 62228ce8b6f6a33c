// Pools and guests for the benchmark of placement, always the same ones. Pure.

import type { Room } from '../../manager/claims/rooms.ts'
import type { HostCpu } from '../../manager/cpu/host.ts'
import type { Picture, PlacementHost, PlacementNeeds, Want } from '../../manager/placement/picture.ts'
import { hostIn } from '../manager/hosts/conditions.ts'

const GIB = 2 ** 30
const EXTENT = 4 << 20

export interface Machine {
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly threads: number
}

export const MACHINE: Machine = { memoryBytes: 256 * GIB, diskBytes: 4096 * GIB, threads: 64 }

/** mulberry32: from 0 to 1, the same row of numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}

/** 1 to 16 GiB, 1 to 8 vCPUs, a disk of 8 to 128 GiB, all in powers of two; eight on average take half of what one machine has of each. */
export function guests(count: number, random: () => number): readonly Want[] {
  const kinds = new Map<string, PlacementNeeds>()
  const power = (most: number): number => 2 ** Math.floor(random() * (most + 1))
  return Array.from({ length: count }, (_, index) => {
    const [memory, vcpus, disk] = [power(4), power(3), 8 * power(4)]
    const key = `${memory} ${vcpus} ${disk}`
    const needs = kinds.get(key) ?? {
      ...{ memoryBytes: memory * GIB, dom0Bytes: 0, vcpus, space: [{ vg: 'data', bytes: disk * GIB }] },
      ...{ networks: ['vlan:1'], storage: [], cpu: { kind: 'start', type: 'pvh' } as const },
    }
    kinds.set(key, needs)
    return { id: `guest${index}`, needs }
  })
}

/** All alike and empty, in racks of 20; all reach the one network. */
export function emptyPool(count: number, cpu: HostCpu): Picture {
  const hosts = Array.from({ length: count }, (_, index): PlacementHost => {
    const name = `node${String(index + 1).padStart(4, '0')}`
    return {
      ...hostIn('up'),
      ...{ id: name, name, cordon: undefined, groups: [`rack${Math.floor(index / 20)}`], unread: undefined },
      ...{ memory: room(MACHINE.memoryBytes, 0), dom0: room(GIB, 0), threads: MACHINE.threads, vcpus: 0, guests: 0 },
      ...{
        siblings: new Map(),
        vgs: new Map([['data', { room: room(MACHINE.diskBytes, 0), extentBytes: EXTENT, unusable: undefined }]]),
        cpu,
      },
    }
  })
  const all = new Set(hosts.map(({ id }) => id))
  return { hosts, reach: { reachers: () => all, reach: () => ({ kind: 'reached', how: '' }), describe: (key) => key } }
}

/** With guests on them. `placed`: host by guest. */
export function filledPool(pool: Picture, wants: readonly Want[], placed: ReadonlyMap<string, string>): Picture {
  const used = new Map<string, { memory: number; disk: number; vcpus: number; guests: number }>()
  for (const { id, needs } of wants) {
    const host = placed.get(id)
    if (host === undefined) continue
    const one = used.get(host) ?? { memory: 0, disk: 0, vcpus: 0, guests: 0 }
    used.set(host, one)
    one.memory += needs.memoryBytes
    one.disk += needs.space.reduce((sum, { bytes }) => sum + bytes, 0)
    one.vcpus += needs.vcpus
    one.guests += 1
  }
  const hosts = pool.hosts.map((host): PlacementHost => {
    const { memory, disk, vcpus, guests: count } = used.get(host.id) ?? { memory: 0, disk: 0, vcpus: 0, guests: 0 }
    const vgs = new Map([['data', { room: room(MACHINE.diskBytes, disk), extentBytes: EXTENT, unusable: undefined }]])
    return { ...host, memory: room(MACHINE.memoryBytes, memory), vgs, vcpus, guests: count }
  })
  return { ...pool, hosts }
}

/** Hosts that have more of something than there is. */
export function overCommitted({ hosts }: Picture, vcpusPerThread: number): number {
  const isOver = ({ memory, vgs, vcpus, threads }: PlacementHost): boolean =>
    (memory.kind === 'room' && memory.free < 0) ||
    [...vgs.values()].some(({ room: space }) => space.kind === 'room' && space.free < 0) ||
    vcpus > (threads ?? 0) * vcpusPerThread
  return hosts.filter(isOver).length
}

function room(capacity: number, used: number): Room {
  return { kind: 'room', capacity, used, free: capacity - used, holders: [] }
}
