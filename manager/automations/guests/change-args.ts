// What `change-guest` is given: as its plan makes it, and as it is read again from the disk.
import { z } from 'zod'
import { vgRef } from '../../protocol/guest-disk.ts'
import { vdev } from '../../protocol/guest-spec.ts'
import { guestDisk, guestName, guestNic } from '../../protocol/requests/guest-config.ts'
import { mac, uuid } from '../../protocol/values.ts'
import { newDisk } from './create.ts'
import { hostArg, named, rememberedArg } from './parts.ts'

export const size = z.object({ memoryMiB: z.number().exactOptional(), vcpus: z.number().exactOptional() })
/** A claim as it stands, to be put back. */
const claimRow = z.object({
  ...{ holder_kind: z.string(), holder: z.string(), holder_name: z.string(), part: z.string(), guest: z.string().nullable() },
  ...{ space: z.string(), mode: z.string(), start: z.number(), length: z.number(), item: z.string() },
})

export const changeArgs = z.object({
  guest: named,
  /** Left out: nothing of it is on a host, or nothing of what changes is. */
  host: hostArg.exactOptional(),
  live: z.enum(['yes', 'no']),
  /** For people: what will be other. */
  said: z.array(z.string()).readonly(),
  /** JSON of the spec, as it is kept, and as it is to be. */
  before: z.string(),
  wanted: z.string(),
  rename: guestName.exactOptional(),
  resize: z.object({ to: size, from: size }).exactOptional(),
  added: z.array(newDisk).readonly(),
  grown: z.array(z.object({ disk: uuid, vdev, vg: vgRef, sizeBytes: z.number(), space: z.enum(['thick', 'thin']) })).readonly(),
  /** `attached`: as its guest has it now; left out: it has let go of it already. */
  removed: z.array(z.object({ disk: uuid, vdev, vg: vgRef, attached: guestDisk.exactOptional() })).readonly(),
  newNics: z.array(guestNic).readonly(),
  /** Of a guest that is stopped the bridge may not be known: nobody is asked to let go of it. */
  goneNics: z.array(z.object({ mac, attached: guestNic.exactOptional() })).readonly(),
  /** What it claims now of what is claimed anew. */
  claims: z.array(claimRow).readonly(),
  /**
   * As its VG is to remember it, and as it does; left out: nothing remembers it, or its host cannot be told now. `before` left out: another
   * VG does.
   */
  remembered: z.object({ ...rememberedArg.shape, host: hostArg, before: rememberedArg.shape.record.exactOptional() }).exactOptional(),
  /** Of the VGs that are written in those that other hosts see, too. */
  sharedVgs: z.array(vgRef).readonly().exactOptional(),
  /** Of the manager that was asked. */
  epoch: z.number(),
})

export type ChangeArgs = z.output<typeof changeArgs>

/** Part of a guest's claims. */
export const NAME_PART = 'name'
/** The phase that writes the spec down. */
export const KEEP = 'keep'
