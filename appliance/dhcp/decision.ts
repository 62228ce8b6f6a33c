// The vocabulary of DHCP decisions: what they depend on and what they come to. Everything here is plain data.
import type { BootServer } from '../boot/bootfile.ts'
import { classifyFirmware, type Firmware } from '../boot/firmware.ts'
import { type Ipv4, type Mac, subnetContains, UNSPECIFIED } from '../wire/addresses.ts'
import { OPTION } from './codes.ts'
import { optionData } from './fields.ts'
import type { LeaseChange, LeaseView } from './lease.ts'
import type { DhcpPacket } from './packet.ts'
import type { Reservations, Scope } from './scope.ts'

/** `proxy`: another server gives the addresses, we add the boot data. */
export type DhcpMode = 'authoritative' | 'proxy' | 'off'

export interface DhcpContext {
  readonly mode: DhcpMode
  /** Our address on the interface the request came by: option 54. */
  readonly serverAddress: Ipv4
  readonly boot: BootServer
  /** The interface's own subnet. */
  readonly local: Scope
  /** Subnets behind relays. */
  readonly relayed: readonly Scope[]
  readonly dns: readonly Ipv4[]
  readonly reservations: Reservations
  readonly leases: LeaseView
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A request of a station with a unicast Ethernet address. */
export interface Client {
  readonly request: DhcpPacket
  readonly mac: Mac
  readonly firmware: Firmware
}

/** `change` is to be committed before anything is sent. */
export type Decision =
  | {
      readonly kind: 'reply'
      readonly answer: 'offer' | 'ack' | 'nak'
      readonly packet: DhcpPacket
      readonly change: LeaseChange | undefined
      /** Why a NAK; or why an offer or ACK carries no boot file although it was asked for one. */
      readonly reason: string | undefined
    }
  | { readonly kind: 'silent'; readonly reason: string; readonly change: LeaseChange | undefined }

export function silent(reason: string, change?: LeaseChange): Decision {
  return { kind: 'silent', reason, change }
}

export function identify(request: DhcpPacket, mac: Mac): Client {
  const firmware = classifyFirmware({
    mac,
    architectures: optionData(request, OPTION.clientArchitecture),
    userClass: optionData(request, OPTION.userClass),
    vendorClass: optionData(request, OPTION.vendorClass),
    etherboot: optionData(request, OPTION.etherboot),
  })
  return { request, mac, firmware }
}

/**
 * The subnet that the client is in: the relay's, else that of the address it has (a renewal reaches us by unicast, past the
 * relay), else the interface's. Undefined for a relay in a subnet that is not ours.
 */
export function scopeOf(request: DhcpPacket, context: DhcpContext): Scope | undefined {
  const scopes = [context.local, ...context.relayed]
  const containing = (address: Ipv4) => scopes.find(({ subnet }) => subnetContains(subnet, address))
  if (request.giaddr !== UNSPECIFIED) return containing(request.giaddr)
  return (request.ciaddr !== UNSPECIFIED && containing(request.ciaddr)) || context.local
}
