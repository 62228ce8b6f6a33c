// What can be asked for, and what a guest's memory costs a host. Pure.

interface Asked {
  /** See Claim: what the holder had of this part before, these needs of it replace. */
  readonly part: string
  /** UUID of the guest that it is for; left out: the holder, where that is a guest. */
  readonly guest?: string
}

export type Need = Asked &
  (
    | { readonly kind: 'memory'; readonly host: string /** With overhead: by `guestMemory`. */; readonly bytes: number }
    | { readonly kind: 'dom0-memory'; readonly host: string; readonly bytes: number }
    /** `vg`: its UUID. `lv`: the name of what is made, or grown, of it. `bytes`: in all. */
    | { readonly kind: 'space'; readonly host: string; readonly vg: string; readonly lv: string; readonly bytes: number }
    /** To write a LUN, disk, partition, LV or file, by whatever path that host has to it. An LV may be yet to be made. */
    | { readonly kind: 'writer'; readonly host: string; readonly device: string }
    /** The same on all of these hosts. Left out: the lowest that is free, or what it has. */
    | { readonly kind: 'minor' | 'port'; readonly hosts: readonly string[]; readonly number?: number }
    /** Left out: one of the pool's, or what it has. */
    | { readonly kind: 'mac'; readonly mac?: string }
    /** `network`: a key of the matrix. One address may stand in several networks. */
    | { readonly kind: 'address'; readonly network: string; readonly address: string }
  )

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
