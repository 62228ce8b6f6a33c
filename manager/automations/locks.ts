// What recipes lock, by one name for all of them. Pure.
import type { Lock } from '../automation/admission/locks.ts'

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
