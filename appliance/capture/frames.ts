// Packets as the kernel's ring has them (linux/if_packet.h, TPACKET_V3), and what of a frame the capture has to know. Pure.
import { WireError } from '../wire/cursor.ts'

/** Of one packet, while it is looked at: `bytes` is the kernel's memory. */
export type TakePacket = (microseconds: number, original: number, bytes: Buffer) => void

const BLOCK_HEADER = 48
const PACKET_HEADER = 48

/** Each packet of a block: when it passed (microseconds since the epoch), how long it was, and what was copied of it. Throws a WireError. */
export function eachPacket(block: Buffer, take: TakePacket): void {
  const count = block.readUInt32LE(12)
  let at = block.readUInt32LE(16)
  for (let left = count; left > 0; left -= 1) {
    if (at < BLOCK_HEADER || at + PACKET_HEADER > block.length) throw new WireError('packet of a block', at, 'lies outside of it')
    const [seconds, nanoseconds] = [block.readUInt32LE(at + 4), block.readUInt32LE(at + 8)]
    const [length, original] = [block.readUInt32LE(at + 12), block.readUInt32LE(at + 16)]
    const from = at + block.readUInt16LE(at + 24)
    if (from + length > block.length) throw new WireError('bytes of a packet of a block', from, `${length} end outside of it`)
    take(seconds * 1_000_000 + Math.floor(nanoseconds / 1000), original, block.subarray(from, from + length))
    at += block.readUInt32LE(at)
  }
}

const ETHERNET = 14
const [IPV4, TCP, UDP] = [0x0800, 6, 17]
const ACK = 0x10
const TFTP_ACK = 4

/** What comes by the thousand while a file is loaded: pieces of it, and their bare acknowledgements by TCP or TFTP. */
export function isBulk(bytes: Buffer, original: number): boolean {
  if (bytes.length < original) return true
  if (bytes.length < ETHERNET + 20 || bytes.readUInt16BE(12) !== IPV4) return false
  const header = ((bytes[ETHERNET] ?? 0) & 15) * 4
  const at = ETHERNET + header
  const payload = bytes.readUInt16BE(ETHERNET + 2) - header
  switch (bytes[ETHERNET + 9]) {
    case TCP:
      return bytes[at + 13] === ACK && payload === ((bytes[at + 12] ?? 0) >> 4) * 4
    case UDP:
      return payload === 12 && bytes[at + 8] === 0 && bytes[at + 9] === TFTP_ACK
    default:
      return false
  }
}

/** Of the DHCP message in a frame of DHCP over IPv4: whose it is, 6 bytes. */
export function isDhcpOf(bytes: Buffer, mac: Buffer): boolean {
  const at = ETHERNET + ((bytes[ETHERNET] ?? 0) & 15) * 4 + 8 + 28
  return bytes.length >= at + 6 && bytes.compare(mac, 0, 6, at, at + 6) === 0
}
