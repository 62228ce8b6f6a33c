// What recipes lock, by one name for all of them. Pure.
import type { Lock } from '../automation/admission/locks.ts'
import type { VgRef } from '../protocol/guest-disk.ts'

export interface HostNamed {
  /** Its id. */
  readonly id: string
  readonly name: string
}

/** `shared`: who works on it; `exclusive`: who empties it, or takes it away. */
export function hostLock({ id, name }: HostNamed, access: Lock['access']): Lock {
  return { key: `host ${id}`, name: `host ${name}`, access }
}

/** `shared`: who has LVs in it; `exclusive`: who makes or removes it. By its name: it has no UUID before it is made. */
export function vgLock({ id, name }: HostNamed, vg: string, access: Lock['access']): Lock {
  return { key: `vg ${id} ${vg}`, name: `VG ${vg} of ${name}`, access }
}

/**
 * Of a VG that several hosts see: LVM's metadata, and the records in it, are one, and nothing but this keeps two hosts from writing them at a
 * time. `exclusive`: who changes them, from whatever host; `shared`: who only has an LV of it.
 */
export function sharedVgLock({ uuid, name }: VgRef, access: Lock['access']): Lock {
  return { key: `vg ${uuid}`, name: `VG ${name} of several hosts`, access }
}
