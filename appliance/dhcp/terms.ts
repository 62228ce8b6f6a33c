// For how long an address is lent.
import type { Firmware } from '../boot/firmware.ts'
import type { Mac } from '../wire/addresses.ts'
import type { Lease, SubnetKey } from './lease.ts'
import { FOR_EVER } from './reply.ts'

/** Firmware boots within minutes; a machine that never comes back gives its address back soon. */
export const FIRMWARE_LEASE_SECONDS = 600
export const SYSTEM_LEASE_SECONDS = 3600
/** How long an address rests after a DECLINE. */
export const QUARANTINE_SECONDS = 900
/** Of what it would be lent, the part that its lease must have left for the client to be told the rest of it, and nothing written. */
const ENOUGH = 3 / 4

export interface Term {
  /** What the client is told; 2^32 - 1 is for ever. */
  readonly seconds: number
  /** Whether the lease that it has lasts as long as it is told: then none needs to be written. */
  readonly isCovered: boolean
}

/**
 * `lease` is what there is on that address. A system on a permanent lease must never have to renew: its root is there. One that asks
 * again early is told what its lease has left, rounded down, so that no lease is ever shorter on disk than on its client.
 */
export function termOf(firmware: Firmware, lease: Lease | undefined, { mac, subnet, now }: TermOf): Term {
  const full = firmware.kind === 'os' ? SYSTEM_LEASE_SECONDS : FIRMWARE_LEASE_SECONDS
  if (lease?.kind === 'permanent') return { seconds: firmware.kind === 'os' ? FOR_EVER : full, isCovered: true }
  const isItsOwn = lease?.kind === 'bound' && lease.mac === mac && lease.subnet === subnet
  const left = isItsOwn ? Math.floor((lease.expires - now) / 1000) : 0
  return left >= full * ENOUGH ? { seconds: Math.min(left, full), isCovered: true } : { seconds: full, isCovered: false }
}

interface TermOf {
  readonly mac: Mac
  readonly subnet: SubnetKey
  /** Milliseconds since the epoch. */
  readonly now: number
}
