// Which hosts reach all that a guest needs, and for each other host all that is in the way.

import type { Room } from '../claims/rooms.ts'
import type { CpuFeatures, GuestType, HostCpu } from '../cpu/host.ts'
import { canMove, canStart, type GuestCpu } from '../cpu/move.ts'
import type { HostState } from '../protocol/host.ts'
import { sayBytes } from '../wording.ts'
import type { ConnectivityMatrix, MatrixHost } from './matrix.ts'
import type { ThingKey } from './thing.ts'

export interface GuestNeeds {
  /** Keys of rows of the matrix. */
  readonly networks: readonly ThingKey[]
  readonly storage: readonly ThingKey[]
  /** With overhead. */
  readonly memoryBytes: number
  readonly cpu:
    | { readonly kind: 'start'; readonly type: GuestType; readonly level?: CpuFeatures }
    /** Live, from the host of this id. */
    | { readonly kind: 'move'; readonly guest: GuestCpu; readonly from: string }
}

export interface Placement {
  /** By id, in the order of their coming. */
  readonly fits: readonly string[]
  readonly refused: readonly { readonly host: string; readonly reasons: readonly string[] }[]
}

/** What is free of a host's memory, by its id. */
export type FreeMemory = (host: string) => Room | undefined

export function hostsFor(matrix: ConnectivityMatrix, needs: GuestNeeds, memory: FreeMemory): Placement {
  const verdicts = matrix.hosts().map((host) => ({ host: host.id, reasons: reasonsAgainst(matrix, host, needs, memory(host.id)) }))
  return {
    fits: verdicts.filter(({ reasons }) => reasons.length === 0).map(({ host }) => host),
    refused: verdicts.filter(({ reasons }) => reasons.length > 0),
  }
}

function reasonsAgainst(matrix: ConnectivityMatrix, host: MatrixHost, needs: GuestNeeds, room: Room | undefined): readonly string[] {
  const unreached = [...needs.networks, ...needs.storage].flatMap((key) => {
    const reach = matrix.reach(key, host.id)
    return reach.kind === 'cut' ? [`${host.name} does not reach ${matrix.describe(key)}: ${reach.reason}`] : []
  })
  return [...stateReasons(host), ...unreached, ...cpuReasons(matrix, host, needs), ...memoryReasons(host, needs.memoryBytes, room)]
}

function stateReasons({ name, state }: MatrixHost): readonly string[] {
  const reason = whyNotUp(state)
  return reason === undefined ? [] : [`${name} ${reason}`]
}

function whyNotUp(state: HostState): string | undefined {
  switch (state) {
    case 'up':
      return undefined
    case 'pending':
      return 'is not approved'
    case 'rejected':
      return 'was rejected'
    case 'approved':
      return 'has not booted'
    case 'booting':
      return 'is still booting'
    case 'maintenance':
      return 'is in maintenance'
    case 'lost':
      return 'is lost'
    case 'fenced':
      return 'is fenced'
  }
}

function cpuReasons(matrix: ConnectivityMatrix, host: MatrixHost, { cpu }: GuestNeeds): readonly string[] {
  const target = matrix.cpuOf(host.id)
  if (!target) return []
  if (cpu.kind === 'start') return reasonsOf(canStart(cpu.type, cpu.level, target))
  if (cpu.from === host.id) return [`${host.name} is where it runs`]
  const source: HostCpu | undefined = matrix.cpuOf(cpu.from)
  return source ? reasonsOf(canMove(cpu.guest, source, target)) : ['the host that it runs on has not reported']
}

function reasonsOf(verdict: ReturnType<typeof canStart>): readonly string[] {
  return verdict.kind === 'compatible' ? [] : verdict.reasons
}

function memoryReasons({ name }: MatrixHost, needed: number, room: Room | undefined): readonly string[] {
  if (room?.kind !== 'room') return [`the free memory of ${name} is not known${room ? `: ${room.reason}` : ''}`]
  return room.free >= needed ? [] : [`${name} has ${sayBytes(Math.max(0, room.free))} of memory free, ${sayBytes(needed)} are needed`]
}
