// What is kept of the packets of one boot, in a bounded memory: how it began, for good, and what was last. Pure.
import { isBulk } from './frames.ts'

export interface Packet {
  /** Microseconds since the epoch. */
  readonly at: number
  /** Its length on the wire, bytes. */
  readonly original: number
  /** What was copied of it. */
  readonly bytes: Buffer
}

export interface Limits {
  /** Bytes of the beginning; of that, nothing that is loaded. */
  readonly beginning: number
  /** Bytes of what was last. */
  readonly end: number
}

export const LIMITS: Limits = { beginning: 512 * 1024, end: 2 * 1024 * 1024 }
const CHUNK = 64 * 1024
/** Time, length on the wire, length here. */
const RECORD = 16

interface Chunk {
  readonly bytes: Buffer
  used: number
  packets: number
}

export class PacketMemory {
  readonly #limits: Limits
  readonly #beginning: Chunk[] = []
  #end: Chunk[] = []
  #forgotten = 0
  #packets = 0

  constructor(limits: Limits = LIMITS) {
    this.#limits = limits
  }

  /** Copies it. */
  add(at: number, original: number, bytes: Buffer): void {
    this.#packets += 1
    if (this.#beginning.length * CHUNK <= this.#limits.beginning && !isBulk(bytes, original)) {
      if (write(this.#beginning, at, original, bytes, this.#limits.beginning)) return
    }
    while (!write(this.#end, at, original, bytes, this.#limits.end)) {
      this.#forgotten += this.#end[0]?.packets ?? 0
      this.#end = this.#end.slice(1)
    }
  }

  /** That were added, and how many of them are no longer here. */
  get counts(): { readonly packets: number; readonly forgotten: number } {
    return { packets: this.#packets, forgotten: this.#forgotten }
  }

  /** In the order of their times. */
  packets(): readonly Packet[] {
    return [...this.#beginning, ...this.#end].flatMap(read).sort((left, right) => left.at - right.at)
  }
}

/** False when there is no room. */
function write(chunks: Chunk[], at: number, original: number, bytes: Buffer, limit: number): boolean {
  const size = RECORD + bytes.length
  let last = chunks.at(-1)
  if (!last || last.used + size > last.bytes.length) {
    if ((chunks.length + 1) * CHUNK > limit) return false
    last = { bytes: Buffer.allocUnsafe(Math.max(CHUNK, size)), used: 0, packets: 0 }
    chunks.push(last)
  }
  last.bytes.writeDoubleLE(at, last.used)
  last.bytes.writeUInt32LE(original, last.used + 8)
  last.bytes.writeUInt32LE(bytes.length, last.used + 12)
  bytes.copy(last.bytes, last.used + RECORD)
  last.used += size
  last.packets += 1
  return true
}

function read({ bytes, used }: Chunk): readonly Packet[] {
  const packets: Packet[] = []
  for (let at = 0; at < used; ) {
    const length = bytes.readUInt32LE(at + 12)
    const from = at + RECORD
    packets.push({ at: bytes.readDoubleLE(at), original: bytes.readUInt32LE(at + 8), bytes: bytes.subarray(from, from + length) })
    at = from + length
  }
  return packets
}
