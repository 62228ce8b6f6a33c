// What the VG of a guest that changes is to remember of it, and what it does: with the disks that it will have. Pure.
import type { DiskRecord } from '../../../guests/guest.ts'
import { type Remembered, remembered } from '../../../guests/remembered.ts'
import type { Network } from '../../../networks/network.ts'
import type { GuestSpec } from '../../../protocol/guest-spec.ts'
import type { ChangeArgs } from '../change-args.ts'
import { GENERATION, type NewDisk } from '../create.ts'
import { hostArgOf, type Managed, type PlanDeps } from './plan.ts'

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
  if (record.host === undefined || host?.id !== record.host || (host.state !== 'up' && host.state !== 'maintenance')) return undefined
  const own = {
    uuid: record.uuid,
    created: record.created,
    createdBy: record.createdBy,
    host: hostArgOf(host),
    networks,
    epoch,
    now: now(),
  }
  const there = record.disks.filter(({ state }) => state !== 'leaving')
  const stay = there
    .filter(({ vdev }) => !removed.includes(vdev))
    .map((disk): DiskRecord => ({ ...disk, sizeBytes: grown.find(({ vdev }) => vdev === disk.vdev)?.size ?? disk.sizeBytes }))
  const fresh = added.map(({ disk, image, ...one }) => ({ ...one, id: disk, generation: GENERATION, image: image?.id }))
  const after = remembered({ ...own, spec: wanted, disks: [...stay, ...fresh] })
  const before = remembered({ ...own, spec: record.spec, disks: there })
  return after && { ...after, host: own.host, ...beforeIn(after, before) }
}

function beforeIn({ vg }: Remembered, before: Remembered | undefined): { readonly before?: Remembered['record'] } {
  return before && before.vg.uuid === vg.uuid ? { before: before.record } : {}
}
