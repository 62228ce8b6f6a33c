// One question to the DHCP servers of a wire, as a machine that boots asks it: a DISCOVER (RFC 2131) of a PXE client (RFC 4578), in
// frames of Ethernet, IPv4 (RFC 791) and UDP (RFC 768). What is offered is never asked for, and given up by every server within seconds.
import { OPTION } from '../../../appliance/dhcp/codes.ts'
import { messageType, messageTypeOption, serverIdentifier, textOption } from '../../../appliance/dhcp/fields.ts'
import { BOOTREQUEST, BROADCAST_FLAG, encodeDhcp, readDhcp } from '../../../appliance/dhcp/packet.ts'
import { type Ipv4, ipv4FromNumber, type Mac, macFromBytes, macToBytes, UNSPECIFIED } from '../../../appliance/wire/addresses.ts'
import { Cursor, WireError } from '../../../appliance/wire/cursor.ts'

export interface Offer {
  /** As it names itself; else the address that it sent from. */
  readonly server: Ipv4
  readonly sentFrom: Ipv4
  readonly mac: Mac
  /** Undefined: a proxy, which gives no address. */
  readonly address: Ipv4 | undefined
  /** That it came through. */
  readonly relay: Ipv4 | undefined
  readonly hasBootFile: boolean
}

const ETHERNET = 14
const IP = 20
const UDP = 8
const IPV4_TYPE = 0x0800
const UDP_PROTOCOL = 17

/** Locally administered, of one station, and the same each time: no server keeps more than one address for it. */
export function askingMac(mac: Mac): Mac {
  const bytes = macToBytes(mac)
  bytes.writeUInt8((bytes.readUInt8(0) | 0x02) & 0xfe, 0)
  // Of a virtual NIC, whose own is locally administered, it would be the same.
  bytes.writeUInt8(bytes.readUInt8(1) ^ 0x5a, 1)
  return macFromBytes(bytes)
}

/** The whole frame, to everybody on the wire. `mac`: of the interface. */
export function discoverFrame(mac: Mac, xid: number): Buffer {
  const chaddr = Buffer.alloc(16)
  macToBytes(askingMac(mac)).copy(chaddr)
  const dhcp = encodeDhcp({
    ...{ op: BOOTREQUEST, htype: 1, hlen: 6, hops: 0, xid, secs: 4, flags: BROADCAST_FLAG, chaddr },
    ...{ ciaddr: UNSPECIFIED, yiaddr: UNSPECIFIED, siaddr: UNSPECIFIED, giaddr: UNSPECIFIED },
    ...{ sname: Buffer.alloc(0), file: Buffer.alloc(0) },
    options: [
      messageTypeOption('DISCOVER'),
      { code: OPTION.parameterRequestList, data: Buffer.of(1, 3, 6, 43, 51, 54, 60, 66, 67) },
      { code: OPTION.maximumMessageSize, data: Buffer.of(0x05, 0xc0) },
      textOption(OPTION.vendorClass, 'PXEClient:Arch:00007:UNDI:003016'),
      { code: OPTION.clientArchitecture, data: Buffer.of(0, 7) },
      { code: OPTION.clientNetworkInterface, data: Buffer.of(1, 3, 16) },
    ],
  })
  const head = Buffer.alloc(ETHERNET + IP + UDP)
  head.fill(0xff, 0, 6)
  macToBytes(mac).copy(head, 6)
  head.writeUInt16BE(IPV4_TYPE, 12)
  head.writeUInt16BE(0x4500, ETHERNET)
  head.writeUInt16BE(IP + UDP + dhcp.length, ETHERNET + 2)
  head.writeUInt8(64, ETHERNET + 8)
  head.writeUInt8(UDP_PROTOCOL, ETHERNET + 9)
  head.fill(0xff, ETHERNET + 16, ETHERNET + IP)
  head.writeUInt16BE(checksum(head.subarray(ETHERNET, ETHERNET + IP)), ETHERNET + 10)
  head.writeUInt16BE(68, ETHERNET + IP)
  head.writeUInt16BE(67, ETHERNET + IP + 2)
  head.writeUInt16BE(UDP + dhcp.length, ETHERNET + IP + 4) // its checksum stays 0: none, RFC 768
  return Buffer.concat([head, dhcp])
}

/** Undefined for anything but an OFFER to our question; whatever the bytes are, they are no error. */
export function offerIn(frame: Uint8Array, xid: number): Offer | undefined {
  try {
    return offerOf(new Cursor(frame), xid)
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

function offerOf(cursor: Cursor, xid: number): Offer | undefined {
  cursor.bytes(6, 'destination')
  const mac = macFromBytes(cursor.bytes(6, 'source'))
  if (cursor.u16('type') !== IPV4_TYPE) return undefined
  const words = (cursor.u8('version') & 0x0f) * 4
  cursor.bytes(8, 'header')
  if (words < IP || cursor.u8('protocol') !== UDP_PROTOCOL) return undefined
  cursor.bytes(2, 'checksum')
  const sentFrom = ipv4FromNumber(cursor.u32('source'))
  cursor.bytes(4 + words - IP, 'destination')
  cursor.bytes(2, 'source port')
  if (cursor.u16('destination port') !== 68) return undefined
  cursor.bytes(4, 'length')
  const { packet } = readDhcp(cursor.rest())
  if (packet.xid !== xid || messageType(packet) !== 'OFFER') return undefined
  return {
    server: serverIdentifier(packet) ?? sentFrom,
    sentFrom,
    mac,
    address: packet.yiaddr === UNSPECIFIED ? undefined : packet.yiaddr,
    relay: packet.giaddr === UNSPECIFIED ? undefined : packet.giaddr,
    hasBootFile: packet.file.length > 0 || packet.options.some(({ code }) => code === OPTION.bootfileName),
  }
}

function checksum(header: Buffer): number {
  let sum = 0
  for (let at = 0; at < header.length; at += 2) sum += header.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
