// The vocabulary of DHCP decisions: what they depend on and what they come to. Everything here is plain data.
import type { BootServer } from '../boot/bootfile.ts'
import { classifyFirmware, type Firmware } from '../boot/firmware.ts'
import { type Ipv4, type Mac, subnetContains } from '../wire/addresses.ts'
import { OPTION } from './codes.ts'
import { type DiscoverView, withSaid } from './discovers.ts'
import { optionData } from './fields.ts'
import type { LeaseChange, LeaseView } from './lease.ts'
import type { DhcpPacket } from './packet.ts'
import { presentAddress } from './purpose.ts'
import type { Standing } from './queue.ts'
import { namedLink } from './relay.ts'
import { type Reservations, type Scope, subnetKey } from './scope.ts'

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
  readonly discovers?: DiscoverView
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** A request of a station with a unicast Ethernet address. */
export interface Client {
  readonly request: DhcpPacket
  /** The request with what the DISCOVER of its exchange said of the client, where it does not say it again. */
  readonly told: DhcpPacket
  readonly mac: Mac
  readonly firmware: Firmware
}

/** `change` is to be committed before anything is sent. `client`: who asked, where it was a station that speaks DHCP. */
export type Decision = { readonly client?: Client } & (
  | {
      readonly kind: 'reply'
      readonly answer: 'offer' | 'ack' | 'nak'
      readonly packet: DhcpPacket
      readonly change: LeaseChange | undefined
      /** The lease time (s) that may be answered although the change cannot be committed: what is on disk. */
      readonly unchanged?: number | undefined
      /** Why a NAK; or why an offer or ACK carries no boot file although it was asked for one. */
      readonly reason: string | undefined
    }
  | { readonly kind: 'silent'; readonly reason: string; readonly change: LeaseChange | undefined }
)

export function silent(reason: string, change?: LeaseChange): Decision {
  return { kind: 'silent', reason, change }
}

/** Known is a host of the config, and who has (had) a lease that is on disk. */
export function standingOf(mac: Mac | undefined, context: Omit<DhcpContext, 'now'>, message: 'REQUEST' | 'other' = 'other'): Standing {
  const known = message === 'REQUEST' ? 'taking' : 'known'
  if (mac === undefined) return 'unknown'
  if (context.reservations.byMac(mac)) return known
  const kinds = [context.local, ...context.relayed].map((scope) => context.leases.inSubnet(subnetKey(scope), mac)?.kind)
  if (kinds.some((kind) => kind === 'bound' || kind === 'permanent')) return known
  return message === 'REQUEST' && kinds.includes('offered') ? 'begun' : 'unknown'
}

export function identify(request: DhcpPacket, mac: Mac, { discovers, now }: Pick<DhcpContext, 'discovers' | 'now'>): Client {
  const told = withSaid(request, discovers?.said(mac, request.xid, now) ?? [])
  const firmware = classifyFirmware({
    mac,
    architectures: optionData(told, OPTION.clientArchitecture),
    userClass: optionData(told, OPTION.userClass),
    vendorClass: optionData(told, OPTION.vendorClass),
    etherboot: optionData(told, OPTION.etherboot),
  })
  return { request, told, mac, firmware }
}

export type ScopeChoice = { readonly kind: 'scope'; readonly scope: Scope } | { readonly kind: 'none'; readonly reason: string }

/**
 * The subnet that the client is in: the one that is named for it, else that of the address it has (a renewal reaches us by
 * unicast, past the relay), else the interface's. None where the one that is named is not ours.
 */
export function scopeOf(request: DhcpPacket, context: DhcpContext): ScopeChoice {
  const scopes = [context.local, ...context.relayed]
  const containing = (address: Ipv4) => scopes.find(({ subnet }) => subnetContains(subnet, address))
  const named = namedLink(request)
  const present = named?.address ?? presentAddress(request)
  const scope = present && containing(present)
  if (scope) return { kind: 'scope', scope }
  if (!named) return { kind: 'scope', scope: context.local }
  return {
    kind: 'none',
    reason: `${named.by} is in no subnet that we serve: add the subnet that ${named.address} is in to dhcp.subnets`,
  }
}
