// What can be asked for, and what a guest's memory costs a host. Pure.
import { z } from 'zod'

const asked = {
  /** See Claim: what the holder had of this part before, these needs of it replace. */
  part: z.string(),
  /** UUID of the guest that it is for; left out: the holder, where that is a guest. */
  guest: z.string().exactOptional(),
  /** Of what an automation claims: the guest of this name holds it, and has it longer than the automation lasts. */
  keep: z.string().exactOptional(),
}
const host = z.string()
const bytes = z.number().nonnegative()

export const need = z.discriminatedUnion('kind', [
  /** `bytes`: with overhead, by `guestMemory`. */
  z.object({ ...asked, kind: z.literal('memory'), host, bytes }),
  z.object({ ...asked, kind: z.literal('dom0-memory'), host, bytes }),
  /** `vg`: its UUID. `lv`: the name of what is made, or grown, of it. `bytes`: in all. */
  z.object({ ...asked, kind: z.literal('space'), host, vg: z.string(), lv: z.string(), bytes }),
  /** To write a LUN, disk, partition, LV or file, by whatever path that host has to it. An LV may be yet to be made. */
  z.object({ ...asked, kind: z.literal('writer'), host, device: z.string() }),
  /** The same on all of these hosts. Left out: the lowest that is free, or what it has. */
  z.object({ ...asked, kind: z.enum(['minor', 'port']), hosts: z.array(host).readonly(), number: z.number().exactOptional() }),
  /** Left out: one of the pool's, or what it has. */
  z.object({ ...asked, kind: z.literal('mac'), mac: z.string().exactOptional() }),
  /** `network`: a key of the matrix. One address may stand in several networks. */
  z.object({ ...asked, kind: z.literal('address'), network: z.string(), address: z.string() }),
  /** To be called so: no other guest is. */
  z.object({ ...asked, kind: z.literal('guest-name'), name: z.string() }),
  /** To run this guest there: it runs nowhere, and no host that has gone silent may run it. */
  z.object({ ...asked, kind: z.literal('run'), host, guest: z.string() }),
])

export type Need = Readonly<z.output<typeof need>>

export interface GuestSize {
  readonly memoryBytes: number
  readonly vcpus: number
  readonly videoRamBytes?: number
}

const KIB = 1024
const MIB = 1024 * KIB

/**
 * All that a guest takes of its host: Xen keeps 1 MiB a vCPU and 8 KiB a MiB for its page tables beside it
 * (libxl_get_required_shadow_memory).
 */
export function guestMemory({ memoryBytes, vcpus, videoRamBytes = 0 }: GuestSize): number {
  return memoryBytes + videoRamBytes + vcpus * MIB + Math.ceil(memoryBytes / MIB) * 8 * KIB
}
