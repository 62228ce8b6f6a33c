// What the VG of a guest that changes is to remember of it, and what it does: with the disks that it will have. Pure.

import type { z } from 'zod'
import type { CpuFeatures } from '../../../cpu/host.ts'
import type { DiskRecord } from '../../../guests/guest.ts'
import { isSame, type Remembered, remembered } from '../../../guests/remembered.ts'
import type { Network } from '../../../networks/network.ts'
import { RECORDS_LV } from '../../../protocol/guest-record.ts'
import type { GuestSpec } from '../../../protocol/guest-spec.ts'
import { isAnswering } from '../../../protocol/host.ts'
import type { ChangeArgs } from '../change-args.ts'
import { GENERATION, type NewDisk } from '../create.ts'
import type { rememberedStart } from '../parts.ts'
import { hostArgOf, type Managed, type PlanDeps, sharedVgsOf } from './plan.ts'

export interface Becoming {
  readonly wanted: GuestSpec
  readonly added: readonly NewDisk[]
  readonly grown: readonly { readonly vdev: string; readonly size: number }[]
  /** By their places on the bus. */
  readonly removed: readonly string[]
  readonly networks: readonly Network[]
}

/** Undefined: nothing of it lies on a host that can be told now. Who sees to records tells it later. */
export function rememberedAs(
  { epoch, now }: Pick<PlanDeps, 'epoch' | 'now'>,
  { record, host }: Managed,
  { wanted, added, grown, removed, networks }: Becoming,
): ChangeArgs['remembered'] {
  const own = toldOf({ record, host, networks, epoch, now })
  if (!own) return undefined
  const there = record.disks.filter(({ state }) => state !== 'leaving')
  const stay = there
    .filter(({ vdev }) => !removed.includes(vdev))
    .map((disk): DiskRecord => ({ ...disk, sizeBytes: grown.find(({ vdev }) => vdev === disk.vdev)?.size ?? disk.sizeBytes }))
  const fresh = added.map(({ disk, image, ...one }) => ({ ...one, id: disk, generation: GENERATION, image: image?.id }))
  const after = remembered({ ...own, spec: wanted, disks: [...stay, ...fresh] })
  const before = remembered({ ...own, spec: record.spec, disks: there })
  return after && { ...after, host: own.host, ...beforeIn(after, before) }
}

/** Of one that is to start with this CPU, where its VG remembers another. */
export function rememberedStarting(
  { epoch, now, pool }: Pick<PlanDeps, 'epoch' | 'now' | 'pool'>,
  { record, host }: Managed,
  { networks, cpu }: { readonly networks: readonly Network[]; readonly cpu: CpuFeatures | undefined },
): z.output<typeof rememberedStart> | undefined {
  const own = toldOf({ record, host, networks, epoch, now })
  if (!own) return undefined
  const of = { ...own, spec: record.spec, disks: record.disks.filter(({ state }) => state !== 'leaving') }
  const [before, after] = [remembered(of), remembered({ ...of, cpu })]
  if (!before || !after || isSame(before.record, after.record)) return undefined
  // A start has no lock of a VG that other hosts write to.
  if (sharedVgsOf([after.vg], own.host.id, pool).length > 0) return undefined
  // Where nothing is remembered yet, who sees to records tells it.
  const lvs = pool.knownInventory(own.host.id)?.lvs ?? []
  return lvs.some((lv) => lv.vgUuid === after.vg.uuid && lv.name === RECORDS_LV) ? { ...after, before: before.record } : undefined
}

function toldOf({
  record,
  host,
  networks,
  epoch,
  now,
}: Pick<Managed, 'record' | 'host'> & Pick<PlanDeps, 'epoch' | 'now'> & Pick<Becoming, 'networks'>) {
  if (record.host === undefined || host?.id !== record.host || !isAnswering(host)) return undefined
  const { uuid, created, createdBy, cpu } = record
  return { uuid, created, createdBy, cpu, host: hostArgOf(host), networks, epoch, now: now() }
}

function beforeIn({ vg }: Remembered, before: Remembered | undefined): { readonly before?: Remembered['record'] } {
  return before && before.vg.uuid === vg.uuid ? { before: before.record } : {}
}
