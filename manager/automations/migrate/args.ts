// What `migrate-guest` is given: a guest as its new host is to run it, and where each of its disks goes.
import { z } from 'zod'
import { cpuFeatures } from '../../protocol/guest-cpu.ts'
import { vgName, vgRef } from '../../protocol/guest-disk.ts'
import { vdev } from '../../protocol/guest-spec.ts'
import { guestConfig, restartPolicy } from '../../protocol/requests/guest-config.ts'
import { uuid } from '../../protocol/values.ts'
import { hostArg, rememberedArg } from '../guests/parts.ts'

export const movedDisk = z.object({
  disk: uuid,
  vdev,
  access: z.enum(['read-write', 'read-only']),
  /** Of the copy that counts now; the new one has the next. */
  generation: z.number(),
  sizeBytes: z.number(),
  from: vgRef,
  to: vgRef,
  thinPool: vgName.exactOptional(),
  /** It is not copied: both hosts see these LUNs, by WWID, that its VG lies on. `to` is `from`, and its generation stays. */
  stays: z.object({ luns: z.array(z.string()).readonly() }).exactOptional(),
  /** `data/before`: what is left with the LV that it leaves behind. */
  snapshots: z.array(z.string()).readonly().exactOptional(),
})

/** Of one that is restarted. */
export const restarting = z.object({
  /** As the old host runs it: where it does not come to the move, it is started there again. */
  back: guestConfig,
  /** `clean`: where it has not powered off when its seconds are over, it is not moved. */
  how: z.enum(['clean', 'clean, then hard']),
  seconds: z.number(),
  /** When all of the copy is compared with the disk: before the guest is ended, or while it is, which keeps it down for longer. */
  compare: z.enum(['running', 'stopped']),
  /** What the old host gives it when it is started there again; left out: that is not known. */
  cpu: cpuFeatures.exactOptional(),
})

export const migrateArgs = z
  .object({
    /** As the new host is to run it: its disks, and its bridges, are that host's. */
    guest: guestConfig,
    restart: restartPolicy,
    /**
     * `live`: it runs on meanwhile; `stopped`: it runs nowhere, and only its disks go; `restarted`: it runs until its disks have gone, is ended,
     * and is started on the new host.
     */
    way: z.enum(['live', 'stopped', 'restarted']),
    restarting: restarting.exactOptional(),
    from: hostArg,
    to: hostArg,
    /** What the new host gives it from its next start on; left out: that is not known. */
    cpu: cpuFeatures.exactOptional(),
    /** All that it takes of a host: claims' guestMemory. */
    memoryBytes: z.number(),
    disks: z.array(movedDisk).readonly(),
    /** Of both hosts, in the network that memory and disks go over. */
    over: z.object({ network: z.string(), from: z.ipv4(), to: z.ipv4() }),
    /** Seen by others, too, and written in: nobody else does meanwhile. */
    sharedVgs: z.array(vgRef).readonly().exactOptional(),
    /**
     * As the VG of the new host is to remember it once it is there; left out by a manager that did not know of it, and where all of it stays as
     * it is. `before`: what stands there, as its VG is one of both hosts.
     */
    remembered: z.object({ ...rememberedArg.shape, before: rememberedArg.shape.record.exactOptional() }).exactOptional(),
    /** That it may stand still, ms. */
    maxPauseMs: z.number(),
    /** Bytes a second of memory and of each disk; left out: as many as the network carries. */
    rateBytes: z.number().exactOptional(),
    /**
     * Its disks go over our own stream first, and what is there already does not; left out, as by a manager of before: DRBD copies all.
     */
    seed: z.literal('first').exactOptional(),
    /** Milliseconds that its old disks are kept for. */
    keepMs: z.number(),
    epoch: z.number(),
  })
  .refine(
    ({ way, restarting: told }) => (way === 'restarted') === (told !== undefined),
    'a guest is restarted as somebody has said, and only then',
  )

/** Of the disk that counts when it has gone. */
export function generationOf({ generation, stays }: Pick<z.output<typeof movedDisk>, 'generation' | 'stays'>): number {
  return stays ? generation : generation + 1
}

export type Restarting = z.output<typeof restarting>
export type MovedDisk = z.output<typeof movedDisk>
export type MigrateArgs = z.output<typeof migrateArgs>
