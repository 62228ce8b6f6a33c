// What `migrate-guest` is given of a move that nothing is in the way of: the guest as its new host is to run it, and how it goes.
import type { CommonNetwork } from '../../connectivity/common-networks.ts'
import { configOf } from '../../guests/config.ts'
import { eitherCpu } from '../../guests/cpu.ts'
import type { GuestRecord } from '../../guests/guest.ts'
import { remembered } from '../../guests/remembered.ts'
import { memoryNeeded } from '../../guests/where.ts'
import type { HostView } from '../../hosts/pool-change.ts'
import type { Inventory } from '../../protocol/inventory.ts'
import type { GuestConfig } from '../../protocol/requests/guest-config.ts'
import { cpuArg } from '../guests/parts.ts'
import { disksOf } from '../guests/plans/life.ts'
import { hostArgOf, type PlanDeps, sharedVgsOf } from '../guests/plans/plan.ts'
import { generationOf, type MigrateArgs, type MovedDisk, type Restarting } from './args.ts'
import type { MoveAsked } from './asked.ts'

export interface Ends {
  readonly from: HostView
  readonly to: Pick<HostView, 'id' | 'name'>
  readonly inventories: readonly [Inventory | undefined, Inventory | undefined]
}

export interface Found {
  readonly asked: MoveAsked
  readonly record: GuestRecord
  readonly boot: GuestConfig['boot']
  readonly way: MigrateArgs['way']
  readonly ends: Ends
  readonly network: CommonNetwork
  readonly disks: readonly MovedDisk[]
}

export async function argsOf(
  { networks, where, pool, epoch, now }: PlanDeps,
  { asked, record, boot, way, ends, network, disks }: Found,
): Promise<MigrateArgs> {
  const { uuid, spec, created, createdBy } = record
  const known = await networks.list()
  const { maxPauseMs, rateBytes, keepMs } = asked
  const cpu = await where.cpuOn(ends.to.id, spec)
  const of = { uuid, spec, boot, networks: known, macs: spec.nics.flatMap(({ mac }) => mac ?? []) }
  const guest = configOf({
    ...{ ...of, cpuid: cpu?.cpuid, host: ends.to.id },
    disks: disks.map(({ disk, to: vg, vdev, access, ...one }) => ({ disk, vg, generation: generationOf(one), vdev, access })),
  })
  const [from, to] = network.addresses
  const there = { id: ends.to.id, name: ends.to.name }
  const common = { uuid, spec, created, createdBy, networks: known, epoch, now: now() }
  const own = remembered({
    ...{ ...common, host: there },
    cpu: way === 'live' ? eitherCpu(record.cpu, cpu?.features) : cpu?.features,
    disks: disks.map(({ to: vg, disk, ...one }) => ({
      ...{ ...one, id: disk, vg, generation: generationOf(one) },
      image: record.disks.find(({ id }) => id === disk)?.image,
    })),
  })
  const home = own && disks.find(({ stays, to }) => stays && to.uuid === own.vg.uuid)
  // In a VG of both it is remembered already, and where its disks lie stays so unless one of them is copied.
  const isSaid = home !== undefined && disks.every(({ stays }) => stays)
  const moving = new Set(disks.map((one): string => one.disk))
  const before =
    home && remembered({ ...common, host: hostArgOf(ends.from), cpu: record.cpu, disks: record.disks.filter(({ id }) => moving.has(id)) })
  const written = sharedIn(pool, ends, [...disks.filter(({ stays }) => !stays), ...(home && !isSaid ? [home] : [])])
  return {
    ...{ guest, restart: spec.restart, way, disks, maxPauseMs, keepMs, epoch, seed: 'first', memoryBytes: memoryNeeded(spec) },
    ...{ from: hostArgOf(ends.from), to: there },
    over: { network: network.network, from, to },
    ...(rateBytes === undefined ? {} : { rateBytes }),
    ...(way === 'restarted' ? { restarting: await restartingOf(where, { of, ends, record, how: asked.restart ?? USUAL_RESTART }) } : {}),
    ...(own && !isSaid ? { remembered: { ...own, ...(before ? { before: before.record } : {}) } } : {}),
    ...(written.length > 0 ? { sharedVgs: written } : {}),
    ...cpuArg(cpu),
  }
}

/** Of whoever has not said how. */
export const USUAL_RESTART = { when: 'not live', how: 'clean', seconds: 120, compare: 'stopped' } as const

async function restartingOf(
  where: PlanDeps['where'],
  {
    of,
    ends: { from },
    record,
    how: { how, seconds, compare },
  }: {
    readonly of: Omit<Parameters<typeof configOf>[0], 'cpuid' | 'host' | 'disks'>
    readonly ends: Ends
    readonly record: GuestRecord
    readonly how: NonNullable<MoveAsked['restart']>
  },
): Promise<Restarting> {
  const cpu = await where.cpuOn(from.id, record.spec)
  const back = configOf({ ...of, cpuid: cpu?.cpuid, host: from.id, disks: disksOf(record) })
  return { back, how, seconds, compare, ...cpuArg(cpu) }
}

/** Of the VGs of these disks those of several hosts: LVs are made, tagged or removed there by it, or its record is written. */
function sharedIn(pool: PlanDeps['pool'], { from, to }: Ends, disks: readonly MovedDisk[]): readonly MovedDisk['to'][] {
  const [near, far] = [disks.map((disk) => disk.from), disks.map((disk) => disk.to)]
  const all = [...sharedVgsOf(near, from.id, pool), ...sharedVgsOf(far, to.id, pool)]
  return [...new Map(all.map((vg) => [vg.uuid, vg])).values()]
}
