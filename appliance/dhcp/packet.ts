// A DHCP packet and its bytes (RFC 2131 section 2). Decoding is lossless up to padding and the order of parts: overloaded
// `file` and `sname` become options, repeats become one option; encoding never overloads.
import { type Ipv4, ipv4FromNumber, ipv4ToNumber } from '../wire/addresses.ts'
import { Cursor, Writer } from '../wire/cursor.ts'
import { OPTION } from './codes.ts'
import { type DhcpOption, joinParts, optionsLength, overloadOf, readArea, writeOptions } from './options.ts'

export interface DhcpPacket {
  /** 1 from a client, 2 from a server. */
  readonly op: number
  readonly htype: number
  readonly hlen: number
  readonly hops: number
  readonly xid: number
  /** Seconds since the client began. */
  readonly secs: number
  readonly flags: number
  readonly ciaddr: Ipv4
  readonly yiaddr: Ipv4
  readonly siaddr: Ipv4
  readonly giaddr: Ipv4
  /** All 16 bytes of the field, of which `hlen` are the address. */
  readonly chaddr: Buffer
  /** Without trailing zeros; empty when it held options. */
  readonly sname: Buffer
  /** Without trailing zeros; empty when it held options. */
  readonly file: Buffer
  /** Each code once, in the order of the wire. */
  readonly options: readonly DhcpOption[]
}

export const BOOTREQUEST = 1
export const BOOTREPLY = 2
/** The bit of `flags` by which a client asks for broadcast replies. */
export const BROADCAST_FLAG = 0x8000

const MAGIC_COOKIE = 0x63825363
const NOTHING = Buffer.alloc(0)
const SNAME_LENGTH = 64
const FILE_LENGTH = 128
const OPTIONS_OFFSET = 240
/** RFC 1542 section 2.1: what BOOTP relays and old ROMs expect at least, in bytes. */
const MINIMUM_LENGTH = 300

export interface ReadDhcp {
  readonly packet: DhcpPacket
  /** For people: an option that is cut off, and so is not in the packet. */
  readonly cut: string | undefined
}

/** As `readDhcp`, for those to whom a cut-off option is as good as none. */
export function decodeDhcp(bytes: Uint8Array): DhcpPacket {
  return readDhcp(bytes).packet
}

/** Throws WireError when the header is not DHCP's; the record shares no memory with `bytes`: it has a copy of its own, in one piece. */
export function readDhcp(bytes: Uint8Array): ReadDhcp {
  const cursor = new Cursor(Buffer.from(bytes))
  const header = {
    op: cursor.u8('op'),
    htype: cursor.u8('htype'),
    hlen: cursor.u8('hlen'),
    hops: cursor.u8('hops'),
    xid: cursor.u32('xid'),
    secs: cursor.u16('secs'),
    flags: cursor.u16('flags'),
    ciaddr: ipv4FromNumber(cursor.u32('ciaddr')),
    yiaddr: ipv4FromNumber(cursor.u32('yiaddr')),
    siaddr: ipv4FromNumber(cursor.u32('siaddr')),
    giaddr: ipv4FromNumber(cursor.u32('giaddr')),
    chaddr: cursor.bytes(16, 'chaddr'),
  }
  const sname = cursor.bytes(SNAME_LENGTH, 'sname')
  const file = cursor.bytes(FILE_LENGTH, 'file')
  const cookie = cursor.u32('cookie')
  if (cookie !== MAGIC_COOKIE) cursor.fail('cookie', `0x${cookie.toString(16)} is not DHCP's`)

  const area = readArea(cursor.rest(), 'options')
  // Only the options field may say that there is more: an overload inside file or sname is not followed (RFC 3396 section 5).
  const overload = overloadOf(area.options)
  const areas = [area, ...(overload.file ? [readArea(file, 'file')] : []), ...(overload.sname ? [readArea(sname, 'sname')] : [])]
  const cut = areas.flatMap((each) => each.cut?.message ?? []).join(', ')
  const packet = {
    ...header,
    sname: overload.sname ? NOTHING : trimmed(sname),
    file: overload.file ? NOTHING : trimmed(file),
    options: joinParts(areas.flatMap(({ options }) => options).filter(({ code }) => code !== OPTION.overload)),
  }
  return { packet, cut: cut === '' ? undefined : `cut off: ${cut}` }
}

/** The canonical bytes, at least 300. Throws RangeError when a field or an option does not fit. */
export function encodeDhcp(packet: DhcpPacket): Buffer {
  const writer = new Writer(Math.max(MINIMUM_LENGTH, OPTIONS_OFFSET + optionsLength(packet.options)))
  writer.u8(packet.op).u8(packet.htype).u8(packet.hlen).u8(packet.hops)
  writer.u32(packet.xid).u16(packet.secs).u16(packet.flags)
  for (const address of [packet.ciaddr, packet.yiaddr, packet.siaddr, packet.giaddr]) writer.u32(ipv4ToNumber(address))
  writeFixed(writer, 'chaddr', packet.chaddr, 16)
  writeFixed(writer, 'sname', packet.sname, SNAME_LENGTH)
  writeFixed(writer, 'file', packet.file, FILE_LENGTH)
  writer.u32(MAGIC_COOKIE)
  writeOptions(writer, packet.options)
  writer.zeros(Math.max(0, MINIMUM_LENGTH - writer.length))
  return writer.finish()
}

function writeFixed(writer: Writer, field: string, bytes: Uint8Array, length: number): void {
  if (bytes.length > length) throw new RangeError(`${field} holds ${length} bytes, not ${bytes.length}`)
  writer.bytes(bytes).zeros(length - bytes.length)
}

function trimmed(bytes: Buffer): Buffer {
  let length = bytes.length
  while (length > 0 && bytes[length - 1] === 0) length -= 1
  return bytes.subarray(0, length)
}
