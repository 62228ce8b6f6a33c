// Frames for the tests of captures.
import { encodeDhcp } from '../../../appliance/dhcp/packet.ts'
import { type Ipv4, ipv4ToNumber, type Mac, macToBytes } from '../../../appliance/wire/addresses.ts'
import { mac } from '../boot/plans.ts'
import { BIOS, ip, request } from '../dhcp/packets.ts'

export const HOST = mac('52:54:00:77:00:01')
export const OTHER = mac('52:54:00:77:00:02')
export const US = mac('52:54:00:aa:00:01')
export const ALL = mac('ff:ff:ff:ff:ff:ff')
export const [OUR_ADDRESS, HOST_ADDRESS, OTHER_ADDRESS] = [ip('10.77.0.1'), ip('10.77.0.21'), ip('10.77.0.22')]

export interface Ends {
  readonly from: Mac
  readonly to: Mac
  readonly source?: Ipv4
  readonly destination?: Ipv4
}

export function ethernet({ from, to }: Ends, type: number, payload: Buffer): Buffer {
  return Buffer.concat([macToBytes(to), macToBytes(from), Buffer.from([type >> 8, type & 255]), payload])
}

export function ipv4(ends: Ends, protocol: number, payload: Buffer, fragment = 0): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE((20 + payload.length) & 0xffff, 2)
  header.writeUInt16BE(fragment, 6)
  header[9] = protocol
  header.writeUInt32BE(ipv4ToNumber(ends.source ?? OUR_ADDRESS), 12)
  header.writeUInt32BE(ipv4ToNumber(ends.destination ?? HOST_ADDRESS), 16)
  return ethernet(ends, 0x0800, Buffer.concat([header, payload]))
}

export function udp(ends: Ends, from: number, to: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(from, 0)
  header.writeUInt16BE(to, 2)
  header.writeUInt16BE(8 + payload.length, 4)
  return ipv4(ends, 17, Buffer.concat([header, payload]))
}

/** With 12 bytes of options, as Linux sends them. */
export function tcp(ends: Ends, payload: Buffer, flags = 0x10): Buffer {
  const header = Buffer.alloc(32)
  header.writeUInt16BE(8067, 0)
  header[12] = 8 << 4
  header[13] = flags
  return ipv4(ends, 6, Buffer.concat([header, payload]))
}

export function discover(of: Mac, ends: Ends = { from: of, to: ALL }): Buffer {
  return udp(ends, 68, 67, encodeDhcp(request('DISCOVER', { mac: of }, BIOS)))
}

/** Who asks for whom. */
export function arp(ends: Ends): Buffer {
  const body = Buffer.alloc(28)
  body.writeUInt32BE(ipv4ToNumber(ends.source ?? OUR_ADDRESS), 14)
  body.writeUInt32BE(ipv4ToNumber(ends.destination ?? HOST_ADDRESS), 24)
  return ethernet(ends, 0x0806, body)
}

export const TO_HOST: Ends = { from: US, to: HOST }
export const TO_OTHER: Ends = { from: US, to: OTHER, destination: OTHER_ADDRESS }
