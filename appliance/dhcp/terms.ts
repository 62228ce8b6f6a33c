// For how long an address is lent.
import type { Firmware } from '../boot/firmware.ts'
import type { Lease } from './lease.ts'
import { FOR_EVER } from './reply.ts'

/** Firmware boots within minutes; a machine that never comes back gives its address back soon. */
export const FIRMWARE_LEASE_SECONDS = 600
export const SYSTEM_LEASE_SECONDS = 3600
/** How long an address rests after a DECLINE. */
export const QUARANTINE_SECONDS = 900

/** `lease` is what the client has on that address. A system on a permanent lease must never have to renew: its root is there. */
export function leaseSeconds(firmware: Firmware, lease: Lease | undefined): number {
  if (firmware.kind !== 'os') return FIRMWARE_LEASE_SECONDS
  return lease?.kind === 'permanent' ? FOR_EVER : SYSTEM_LEASE_SECONDS
}
