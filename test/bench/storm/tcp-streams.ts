// What each end of a captured TCP connection has said, in its order: retransmissions and frames that overtook each other are put right. Of
// Ethernet frames with IPv4; a connection counts from its SYN on. Pure.

export interface TcpStream {
  /** `10.77.0.21:987 10.77.0.1:2049`. */
  readonly name: string
  readonly bytes: Buffer
}

interface Segments {
  readonly first: number
  readonly parts: Map<number, Buffer>
}

const IPV4 = 0x0800
const TCP = 6
const ETHERNET_HEADER = 14
const SYN = 2
const TWO_TO_32 = 2 ** 32

/** Those to `port`. A hole ends a stream. */
export function tcpStreamsTo(port: number, frames: readonly Buffer[]): readonly TcpStream[] {
  const streams = new Map<string, Segments>()
  const newest = new Map<string, string>()
  for (const frame of frames) {
    const segment = segmentIn(frame)
    if (segment?.to !== port) continue
    if (segment.isSyn) {
      const name = `${segment.ends} ${segment.sequence}`
      newest.set(segment.ends, name)
      if (!streams.has(name)) streams.set(name, { first: (segment.sequence + 1) % TWO_TO_32, parts: new Map() })
      continue
    }
    const stream = streams.get(newest.get(segment.ends) ?? '')
    if (!stream || segment.payload.length === 0) continue
    const offset = (segment.sequence - stream.first + TWO_TO_32) % TWO_TO_32
    if ((stream.parts.get(offset)?.length ?? 0) < segment.payload.length) stream.parts.set(offset, segment.payload)
  }
  return [...streams].map(([name, { parts }]) => ({ name, bytes: wholeOf(parts) }))
}

function segmentIn(frame: Buffer) {
  if (frame.length < ETHERNET_HEADER + 40 || frame.readUInt16BE(12) !== IPV4) return undefined
  const ip = frame.subarray(ETHERNET_HEADER)
  if (ip.readUInt8(9) !== TCP) return undefined
  const packet = ip.subarray(0, ip.readUInt16BE(2) || ip.length)
  const tcp = packet.subarray((ip.readUInt8(0) & 15) * 4)
  if (tcp.length < 20) return undefined
  const address = (at: number) => [...ip.subarray(at, at + 4)].join('.')
  const to = tcp.readUInt16BE(2)
  return {
    to,
    ends: `${address(12)}:${tcp.readUInt16BE(0)} ${address(16)}:${to}`,
    sequence: tcp.readUInt32BE(4),
    isSyn: (tcp.readUInt8(13) & SYN) !== 0,
    payload: tcp.subarray((tcp.readUInt8(12) >> 4) * 4),
  }
}

function wholeOf(parts: ReadonlyMap<number, Buffer>): Buffer {
  const whole: Buffer[] = []
  let end = 0
  for (const [offset, bytes] of [...parts].sort(([a], [b]) => a - b)) {
    if (offset > end) break
    const fresh = bytes.subarray(end - offset)
    whole.push(fresh)
    end += fresh.length
  }
  return Buffer.concat(whole)
}
