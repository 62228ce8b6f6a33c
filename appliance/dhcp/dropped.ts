// A datagram that came to nothing, as plain data for the boot timeline: the network is not to be blamed for it.
import { type Mac, macFromBytes } from '../wire/addresses.ts'
import { clientMac } from './fields.ts'
import { BOOTREQUEST, type DhcpPacket } from './packet.ts'

export interface DroppedDhcp {
  /** Of the client that sent it. */
  readonly mac: Mac
  readonly reason: string
}

/** Where RFC 2131 section 2 has chaddr, in bytes. */
const CHADDR_OFFSET = 28

/** Who sent what could not be decoded; undefined when not even that can be read, or it was no client's. */
export function senderOf(bytes: Uint8Array): Mac | undefined {
  const address = bytes.subarray(CHADDR_OFFSET, CHADDR_OFFSET + 6)
  const [op, htype, hlen] = bytes
  const isStation = address.length === 6 && ((address[0] ?? 1) & 1) === 0 && address.some((byte) => byte !== 0)
  return op === BOOTREQUEST && htype === 1 && hlen === 6 && isStation ? macFromBytes(address) : undefined
}

/** Of a packet that is no exchange: BOOTP, or a message type that we do not know. Undefined when no client of ours sent it. */
export function droppedRequest(request: DhcpPacket, reason: string): DroppedDhcp | undefined {
  const mac = request.op === BOOTREQUEST ? clientMac(request) : undefined
  return mac && { mac, reason }
}
