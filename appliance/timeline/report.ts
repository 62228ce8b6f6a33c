// What a host says of its own boot (POST /report/<attempt>, read by appliance/http). Anyone on the network can send
// one, so it counts only from the address of the host that the attempt is of.
import type { Ipv4, Mac } from '../wire/addresses.ts'
import type { EventOf } from './event.ts'

export type Admission = { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly reason: string }

/** A report as the HTTP server has read it. */
export interface ReceivedReport extends Omit<EventOf<'report'>, 'kind'> {
  /** Seconds since the kernel started. */
  readonly uptime?: number | undefined
}

export function reportEvent({ stage, status, uptime, detail }: ReceivedReport): EventOf<'report'> {
  return { kind: 'report', stage, status, detail: { ...(uptime === undefined ? {} : { uptime: uptime.toFixed(2) }), ...detail } }
}

/** Is `peer` the host with this MAC? `leased`: its address, undefined when nobody knows it. */
export function admitPeer(mac: Mac, peer: Ipv4, leased: Ipv4 | undefined): Admission {
  if (leased === peer) return { kind: 'admitted' }
  return {
    kind: 'refused',
    reason: leased
      ? `${mac} has ${leased}, and this came from ${peer}`
      : `${mac} has no address that we know of, and this came from ${peer}`,
  }
}
