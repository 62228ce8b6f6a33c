// Typed readings of a packet's options. An option whose data has the wrong form reads as absent: firmware sends all sorts.
import { type Ipv4, ipv4FromNumber, ipv4ToNumber, type Mac, macFromBytes, UNSPECIFIED } from '../wire/addresses.ts'
import { MESSAGE_TYPES, type MessageType, messageTypeCode, OPTION } from './codes.ts'
import type { DhcpOption } from './options.ts'
import { BROADCAST_FLAG, type DhcpPacket } from './packet.ts'

export function optionData(packet: DhcpPacket, code: number): Buffer | undefined {
  return packet.options.find((option) => option.code === code)?.data
}

/** Undefined for BOOTP and for types above 8. */
export function messageType(packet: DhcpPacket): MessageType | undefined {
  const data = optionData(packet, OPTION.messageType)
  return data?.length === 1 ? MESSAGE_TYPES[(data[0] ?? 0) - 1] : undefined
}

/** Undefined unless the hardware is Ethernet and the address one station's: neither zero nor multicast. */
export function clientMac(packet: DhcpPacket): Mac | undefined {
  const address = packet.chaddr.subarray(0, 6)
  const isStation = ((address[0] ?? 1) & 1) === 0 && address.some((byte) => byte !== 0)
  return packet.htype === 1 && packet.hlen === 6 && isStation ? macFromBytes(address) : undefined
}

export function requestedAddress(packet: DhcpPacket): Ipv4 | undefined {
  return addressIn(packet, OPTION.requestedAddress)
}

export function serverIdentifier(packet: DhcpPacket): Ipv4 | undefined {
  return addressIn(packet, OPTION.serverIdentifier)
}

/** RFC 4578, 2.3: type 0 and the SMBIOS UUID, whose first three fields are little-endian. Undefined where the firmware fills in none. */
export function machineUuid(packet: DhcpPacket): string | undefined {
  const data = optionData(packet, OPTION.clientMachineIdentifier)
  if (data?.length !== 17 || data[0] !== 0) return undefined
  const bytes = data.subarray(1)
  if (bytes.every((byte) => byte === bytes[0])) return undefined
  const field = (start: number, end: number) => Buffer.from(bytes.subarray(start, end))
  const fields = [field(0, 4).reverse(), field(4, 6).reverse(), field(6, 8).reverse(), field(8, 10), field(10, 16)]
  return fields.map((each) => each.toString('hex')).join('-')
}

/** Whether the client's parameter request list (55) names this option. */
export function asksFor(packet: DhcpPacket, code: number): boolean {
  return optionData(packet, OPTION.parameterRequestList)?.includes(code) ?? false
}

export function wantsBroadcast(packet: DhcpPacket): boolean {
  return (packet.flags & BROADCAST_FLAG) !== 0
}

export function messageTypeOption(type: MessageType): DhcpOption {
  return { code: OPTION.messageType, data: Buffer.of(messageTypeCode(type)) }
}

export function addressOption(code: number, ...addresses: readonly Ipv4[]): DhcpOption {
  const data = Buffer.allocUnsafe(4 * addresses.length)
  for (const [index, address] of addresses.entries()) data.writeUInt32BE(ipv4ToNumber(address), 4 * index)
  return { code, data }
}

/** `seconds` is written as 32 bits; 2^32 - 1 means for ever (RFC 2131 section 3.3). */
export function secondsOption(code: number, seconds: number): DhcpOption {
  const data = Buffer.alloc(4)
  data.writeUInt32BE(seconds)
  return { code, data }
}

export function textOption(code: number, text: string): DhcpOption {
  return { code, data: Buffer.from(text) }
}

function addressIn(packet: DhcpPacket, code: number): Ipv4 | undefined {
  const data = optionData(packet, code)
  if (data?.length !== 4) return undefined
  const address = ipv4FromNumber(data.readUInt32BE(0))
  return address === UNSPECIFIED ? undefined : address
}
