// The request swap-disk: what the guest's device leads to, changed under the guest while it runs. `dmsetup resume` suspends, swaps and
// resumes in one call to the kernel, so that an agent that dies leaves no frozen guest.
import { deviceOf, lvOf, type VgRef } from '../../../manager/protocol/guest-disk.ts'
import type { AnswerOf, Refusal, RequestOf } from '../../../manager/protocol/requests.ts'
import type { Uuid } from '../../../manager/protocol/values.ts'
import { refused } from '../requests/refusal.ts'
import { failureOf, type World } from '../requests/world.ts'
import { mapOfLv } from '../volumes/lvm.ts'
import { linear, readMaps, swapTable, tableOf } from '../volumes/maps.ts'
import { lookMirror } from './look.ts'
import { DRBD_MAJOR } from './names.ts'

export async function swapDisk(world: World, { vg, disk, minor }: RequestOf<'swap-disk'>): Promise<AnswerOf<'swap-disk'> | Refusal> {
  const looked = await lookMirror(world, disk)
  if (looked.kind === 'unread') return refused('unable', looked.reason)
  const { mirror } = looked
  if (!mirror || mirror.minor !== minor || mirror.role !== 'Primary' || mirror.disk !== 'UpToDate')
    return refused('unable', `there is no mirror of ${vg.name}/${lvOf(disk)} that the guest could go by: open it first`)
  const isJoined = mirror.connection !== 'StandAlone'
  const was = await putOn(world, { vg, disk, minor, to: isJoined ? 'only if there' : 'mirror' })
  return typeof was === 'string'
    ? refused('unable', was)
    : { kind: 'disk-swapped', was: was.was === 'there' ? 'on the mirror' : 'on the volume' }
}

export interface Placing {
  readonly vg: VgRef
  readonly disk: Uuid
  readonly minor: number
  /** `only if there`: on a mirror that the guest has written past since it was joined it must not come. */
  readonly to: 'mirror' | 'volume' | 'only if there'
}

/** Why not, as a text; or whether it led there already. */
export async function putOn(world: World, { vg, disk, minor, to }: Placing): Promise<string | { readonly was: 'there' | 'elsewhere' }> {
  const device = deviceOf(disk)
  const maps = await readMaps(world)
  if (maps.kind === 'unread') return `what ${device} leads to is not known: ${maps.reason}`
  if (!maps.maps.has(device)) return `there is no device ${device}: no guest goes by it`
  const [line, ...more] = (await tableOf(world, device)) ?? []
  const [, sectors, target] = line?.split(' ') ?? []
  const size = Number(sectors)
  if (more.length > 0 || target !== 'linear' || !Number.isSafeInteger(size))
    return `${device} has a table that is not ours: ${line ?? 'it cannot be read'}`
  const number = to === 'volume' ? maps.maps.get(mapOfLv(vg.name, lvOf(disk)))?.number : `${DRBD_MAJOR}:${minor}`
  if (number === undefined) return `the LV ${vg.name}/${lvOf(disk)} is not active`
  const table = linear(size, number)
  if (line === table) {
    // A swap that was broken off has left its other table behind, and that holds the mirror.
    const left = to === 'volume' ? await failureOf(world.backend, ['dmsetup', 'clear', device]) : undefined
    return left ?? { was: 'there' }
  }
  if (to === 'only if there')
    return `the mirror of ${device} is joined already, and what the guest writes goes past it: it is to be dropped`
  const failure = await swapTable(world, device, table)
  // Its answer may be lost: the kernel has the last word.
  if (failure !== undefined && (await tableOf(world, device))?.join('\n') !== table)
    return `${device} still leads to what it led to: ${failure}`
  return { was: 'elsewhere' }
}
