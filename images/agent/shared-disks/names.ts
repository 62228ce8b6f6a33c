// What tells that a disk is fenced on this host. In RAM, as is the guest that stands still meanwhile. Pure.
import type { Uuid } from '../../../manager/protocol/values.ts'

export const FENCES = '/run/hostless/fences'

/** Holds the UUID of its guest. */
export function fencePath(disk: Uuid): string {
  return `${FENCES}/${disk}`
}
