// What the kernel does for captures, for tests without one: it runs filters (net/core/filter.c, as far as ours go), and lays packets in blocks
// (linux/if_packet.h, TPACKET_V3).

/** How many bytes of the frame pass. A load beyond its end ends with nothing. */
export function passedBy(program: Buffer, frame: Buffer): number {
  let [accumulator, index] = [0, 0]
  const memory: number[] = []
  const load = (at: number, size: 1 | 2 | 4): number | undefined => (at + size > frame.length ? undefined : frame.readUIntBE(at, size))
  for (let at = 0; at < program.length / 8; at += 1) {
    const [code, yes, no] = [program.readUInt16LE(at * 8), program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)]
    const value = program.readUInt32LE(at * 8 + 4)
    const sizes: Readonly<Record<number, 1 | 2 | 4>> = { 0: 4, 8: 2, 16: 1 }
    const isLoad = (code & 7) === 0 && [0x20, 0x40].includes(code & 0xe0) && sizes[code & 0x18] !== undefined
    if (isLoad) {
      const loaded = load(value + ((code & 0xe0) === 0x40 ? index : 0), sizes[code & 0x18] ?? 1)
      if (loaded === undefined) return 0
      accumulator = loaded
      continue
    }
    switch (code) {
      case 0x80:
        accumulator = frame.length
        break
      case 0x60:
        accumulator = memory[value] ?? 0
        break
      case 0x61:
        index = memory[value] ?? 0
        break
      case 0x02:
        memory[value] = accumulator
        break
      case 0xb1:
        index = ((load(value, 1) ?? 0) & 15) * 4
        break
      case 0x87:
        accumulator = index
        break
      case 0x04:
        accumulator = (accumulator + value) >>> 0
        break
      case 0x0c:
        accumulator = (accumulator + index) >>> 0
        break
      case 0x1c:
        accumulator = (accumulator - index) >>> 0
        break
      case 0x64:
        accumulator = (accumulator << value) >>> 0
        break
      case 0x74:
        accumulator >>>= value
        break
      case 0x15:
        at += accumulator === value ? yes : no
        break
      case 0x25:
        at += accumulator > value ? yes : no
        break
      case 0x45:
        at += (accumulator & value) !== 0 ? yes : no
        break
      case 0x06:
        return Math.min(value, frame.length)
      case 0x16:
        return Math.min(accumulator, frame.length)
      default:
        throw new Error(`step ${at} is unknown: ${code.toString(16)}`)
    }
  }
  throw new Error('the program has no end')
}

export interface Seen {
  /** Microseconds. */
  readonly at: number
  readonly frame: Buffer
}

/** As much of each as the filter lets pass. */
export function blockOf(seen: readonly Seen[], program?: Buffer): Buffer {
  const packets = seen.flatMap(({ at, frame }) => {
    const length = program ? passedBy(program, frame) : frame.length
    return length === 0 ? [] : [{ at, frame, length }]
  })
  const block = Buffer.alloc(48 + packets.reduce((sum, { length }) => sum + sizeOf(length), 0))
  block.writeUInt32LE(packets.length, 12)
  block.writeUInt32LE(48, 16)
  let offset = 48
  for (const [index, { at, frame, length }] of packets.entries()) {
    block.writeUInt32LE(index === packets.length - 1 ? 0 : sizeOf(length), offset)
    block.writeUInt32LE(Math.floor(at / 1_000_000), offset + 4)
    block.writeUInt32LE((at % 1_000_000) * 1000, offset + 8)
    block.writeUInt32LE(length, offset + 12)
    block.writeUInt32LE(frame.length, offset + 16)
    block.writeUInt16LE(82, offset + 24)
    frame.copy(block, offset + 82, 0, length)
    offset += sizeOf(length)
  }
  return block
}

const sizeOf = (length: number): number => Math.ceil((82 + length) / 8) * 8
