// Where a reply goes (RFC 2131 section 4.1): a function of the two packets, in the order of boot-notes.
import { BROADCAST, type Ipv4, UNSPECIFIED } from '../wire/addresses.ts'
import { messageType } from './fields.ts'
import type { DhcpPacket } from './packet.ts'
import { presentAddress } from './purpose.ts'

export interface Destination {
  readonly address: Ipv4
  readonly port: number
}

const SERVER_PORT = 67
const CLIENT_PORT = 68

/**
 * The relay; else, for all but a NAK, the address that the client says it has; else everybody. The RFC would unicast to yiaddr when the
 * broadcast flag is clear; that takes an ARP entry for a client without an address, broadcasting is allowed, and every firmware
 * that we know takes it.
 */
export function destination(reply: DhcpPacket, request: DhcpPacket): Destination {
  if (request.giaddr !== UNSPECIFIED) return { address: request.giaddr, port: SERVER_PORT }
  const present = messageType(reply) === 'NAK' ? undefined : presentAddress(request)
  return { address: present ?? BROADCAST, port: CLIENT_PORT }
}

/** Port 4011: back to where the request came from, as UDP services do. */
export function bootServerDestination(sender: Destination): Destination {
  return sender.address === UNSPECIFIED ? { address: BROADCAST, port: CLIENT_PORT } : sender
}
