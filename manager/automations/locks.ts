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
 * Of a VG for whichever hosts see it: LVM's metadata, and the records in it, are one, and nothing but this keeps two hosts from writing them at
 * a time. `exclusive`: who changes them where several see it; `shared`: who only has an LV of it, or is on its only host.
 */
export function vgOfAllLock({ uuid, name }: VgRef, access: Lock['access']): Lock {
  return { key: `vg ${uuid}`, name: `VG ${name}`, access }
}

/**
 * Of all VGs that are written in, `shared` of which several hosts see. The others are locked, too: another host may come to see one of them
 * meanwhile, and who writes from there waits.
 */
export function vgOfAllLocks(vgs: readonly VgRef[], shared: readonly VgRef[] = []): readonly Lock[] {
  const seen = new Set(shared.map(({ uuid }) => uuid))
  const all = new Map([...vgs, ...shared].map((vg) => [vg.uuid, vg]))
  return [...all.values()].map((vg) => vgOfAllLock(vg, seen.has(vg.uuid) ? 'exclusive' : 'shared'))
}
