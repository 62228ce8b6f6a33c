// Captures as files that Wireshark and tshark open (draft-ietf-opsawg-pcapng), in little-endian. Pure.
import type { Packet } from './ring.ts'

export interface CaptureFile {
  readonly interface: string
  /** Of the whole, for people. */
  readonly comment: string
  /** Ethernet frames in the order of their times. */
  readonly packets: readonly Packet[]
  /** That passed on the wire, and how many of them are not here. */
  readonly passed: number
  readonly missed: number
}

const BLOCK = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const
const BYTE_ORDER = 0x1a2b3c4d
const ETHERNET = 1
const OPTION = { end: 0, comment: 1, application: 4, interfaceName: 2, timeResolution: 9, received: 4, dropped: 5 } as const
/** Times are microseconds. */
const MICROSECONDS = 6

export function encodePcapng({ interface: name, comment, packets, passed, missed }: CaptureFile): Buffer {
  const last = packets.at(-1)?.at ?? 0
  return Buffer.concat([
    block(BLOCK.section, [
      words(BYTE_ORDER),
      halves(1, 0),
      // The length of the section is not told: -1.
      words(0xffffffff, 0xffffffff),
      ...options([OPTION.application, Buffer.from('hostless')], [OPTION.comment, Buffer.from(comment)]),
    ]),
    block(BLOCK.interface, [
      halves(ETHERNET, 0),
      // No one limit holds for all packets.
      words(0),
      ...options([OPTION.interfaceName, Buffer.from(name)], [OPTION.timeResolution, Buffer.from([MICROSECONDS])]),
    ]),
    ...packets.map(packetBlock),
    block(BLOCK.statistics, [words(0, ...time(last)), ...options([OPTION.received, long(passed)], [OPTION.dropped, long(missed)])]),
  ])
}

/** In one piece: there are many. */
function packetBlock({ at, original, bytes }: Packet): Buffer {
  const length = 32 + Math.ceil(bytes.length / 4) * 4
  const encoded = Buffer.alloc(length)
  for (const [index, value] of [BLOCK.packet, length, 0, ...time(at), bytes.length, original].entries())
    encoded.writeUInt32LE(value, 4 * index)
  bytes.copy(encoded, 28)
  encoded.writeUInt32LE(length, length - 4)
  return encoded
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const length = 12 + parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.concat([words(type, length), ...parts, words(length)])
}

function options(...given: readonly (readonly [code: number, value: Buffer])[]): readonly Buffer[] {
  return [...given.flatMap(([code, value]) => [halves(code, value.length), padded(value)]), halves(OPTION.end, 0)]
}

/** The upper and the lower 32 bits. */
function time(microseconds: number): readonly [number, number] {
  return [Math.floor(microseconds / 2 ** 32), microseconds % 2 ** 32]
}

function padded(bytes: Buffer): Buffer {
  const over = bytes.length % 4
  return over === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - over)])
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index)
  return bytes
}

function halves(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length)
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index)
  return bytes
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
