// Reads the fixtures: classic pcap files (microseconds, little-endian, Ethernet) and the UDP and ICMPv6 payloads in them.
import { readdirSync, readFileSync } from 'node:fs'

const FOLDER = new URL('../../fixtures/pcap/', import.meta.url)

export interface UdpPayload {
  /** Number of the frame in the capture, from 1, as tshark counts. */
  readonly frame: number
  readonly sourcePort: number
  readonly destinationPort: number
  readonly bytes: Buffer
}

export function captureNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.pcap'))
    .sort()
}

/** Ethernet frames. */
export function readCapture(name: string): readonly Buffer[] {
  const file = readFileSync(new URL(name, FOLDER))
  if (file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== 1) throw new Error(`${name} is no little-endian Ethernet pcap`)
  const frames: Buffer[] = []
  for (let offset = 24; offset < file.length; ) {
    const length = file.readUInt32LE(offset + 8)
    frames.push(file.subarray(offset + 16, offset + 16 + length))
    offset += 16 + length
  }
  return frames
}

export function dhcpIn(name: string): readonly UdpPayload[] {
  return readCapture(name).flatMap((frame, index) => {
    const isUdp = frame.readUInt16BE(12) === 0x0800 && frame[23] === 17
    if (!isUdp) return []
    const udp = frame.subarray(14 + (frame.readUInt8(14) & 15) * 4)
    const [sourcePort, destinationPort, length] = [udp.readUInt16BE(0), udp.readUInt16BE(2), udp.readUInt16BE(4)]
    const isDhcp = [67, 68].includes(sourcePort) && [67, 68].includes(destinationPort)
    return isDhcp ? [{ frame: index + 1, sourcePort, destinationPort, bytes: udp.subarray(8, length) }] : []
  })
}

export interface Icmpv6Payload {
  readonly frame: number
  readonly source: Buffer
  readonly hopLimit: number
  readonly bytes: Buffer
}

/** ICMPv6 messages of one type. */
export function icmpv6In(name: string, type: number): readonly Icmpv6Payload[] {
  return readCapture(name).flatMap((frame, index) => {
    const isIcmpv6 = frame.readUInt16BE(12) === 0x86dd && frame[20] === 58 && frame[54] === type
    if (!isIcmpv6) return []
    const length = frame.readUInt16BE(18)
    return [{ frame: index + 1, source: frame.subarray(22, 38), hopLimit: frame.readUInt8(21), bytes: frame.subarray(54, 54 + length) }]
  })
}
