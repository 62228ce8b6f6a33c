// Copies of what passes on one interface (packet(7), TPACKET_V3): the kernel puts them into a ring of memory that it shares with us. What
// does not fit is lost to the copy alone: whoever the packet is for gets it as ever, and waits for nobody who reads here.
import koffi from 'koffi'
import {
  AF_PACKET,
  ETH_P_ALL,
  failure,
  filterProgram,
  int,
  libcBind,
  libcClose,
  libcGetsockopt,
  libcIfIndex,
  libcMmap,
  libcMunmap,
  MAP_SHARED,
  openSocket,
  optionSetter,
  PACKET_RX_RING,
  PACKET_STATISTICS,
  PACKET_VERSION,
  PROT_READ,
  PROT_WRITE,
  SO_ATTACH_FILTER,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
  TPACKET_V3,
} from './libc.ts'

/** Bytes; a packet lies in one block. */
const BLOCK_SIZE = 64 * 1024
/** A block that is not full is ours after so many milliseconds, if there is anything in it. */
const RETIRE_MILLISECONDS = 40
/** Of a block, in bytes from its beginning: who has it. */
const STATUS = 8
const OURS = 1

export interface PacketsWish {
  /** Steps of classic BPF, 8 bytes each, on Ethernet frames: what of which packet is copied. */
  readonly filter: Buffer
  /** Of 64 KiB. */
  readonly blocks: number
}

export interface PacketsSocket {
  /** What has come, oldest first, as tpacket_block_desc of linux/if_packet.h. They are the kernel's memory: not to be kept. */
  blocks(): readonly Buffer[]
  /** Gives so many of the oldest back to the kernel. */
  release(count: number): void
  /** Another filter in the place of the one before, at once. Throws a SocketError. */
  filter(filter: Buffer): void
  /** Packets that the filter let pass since this was asked last, and how many of them found no room. */
  counts(): { readonly passed: number; readonly missed: number }
  close(): void
}

/** Both ways, in and out, without promiscuous mode. Throws a SocketError. */
export function openPacketsOn(interfaceName: string, { filter, blocks: count }: PacketsWish): PacketsSocket {
  const what = 'packets (capture)'
  // Protocol 0: nothing comes before the filter is there.
  const fd = openSocket(interfaceName, what, AF_PACKET, SOCK_RAW, 0)
  const size = count * BLOCK_SIZE
  try {
    const set = optionSetter(fd, interfaceName, what)
    set('SO_ATTACH_FILTER', SOL_SOCKET, SO_ATTACH_FILTER, filterProgram(filter))
    set('PACKET_VERSION', SOL_PACKET, PACKET_VERSION, int(TPACKET_V3))
    set('PACKET_RX_RING', SOL_PACKET, PACKET_RX_RING, ringRequest(count))
    const memory = libcMmap(null, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    if (BigInt.asIntN(64, koffi.address(memory)) === -1n) throw failure(interfaceName, what, 'mmap', [])
    try {
      const index = Number(libcIfIndex(interfaceName))
      const address = Buffer.alloc(20) // struct sockaddr_ll
      address.writeUInt16LE(AF_PACKET, 0)
      address.writeUInt16BE(ETH_P_ALL, 2)
      address.writeInt32LE(index, 4)
      if (index === 0 || libcBind(fd, address, address.length) !== 0) throw failure(interfaceName, what, 'bind', [])
    } catch (error) {
      libcMunmap(memory, size)
      throw error
    }
    return new Ring(fd, interfaceName, memory, count)
  } catch (error) {
    libcClose(fd)
    throw error
  }
}

class Ring implements PacketsSocket {
  readonly #fd: number
  readonly #interface: string
  readonly #pointer: unknown
  /** Empty once it is closed: the memory is gone then. */
  #blocks: readonly Buffer[]
  /** The oldest of ours, or the one that the kernel fills. */
  #first = 0

  constructor(fd: number, interfaceName: string, pointer: unknown, count: number) {
    this.#fd = fd
    this.#interface = interfaceName
    this.#pointer = pointer
    const memory = koffi.view(pointer, count * BLOCK_SIZE)
    this.#blocks = Array.from({ length: count }, (_, index) => Buffer.from(memory, index * BLOCK_SIZE, BLOCK_SIZE))
  }

  blocks(): readonly Buffer[] {
    const count = this.#blocks.length
    const ours: Buffer[] = []
    for (let index = 0; index < count; index += 1) {
      const block = this.#blocks[(this.#first + index) % count]
      if (!block || (statusOf(block) & OURS) === 0) break
      ours.push(block)
    }
    return ours
  }

  release(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const block = this.#blocks[this.#first]
      if (!block) return
      give(block)
      this.#first = (this.#first + 1) % this.#blocks.length
    }
  }

  filter(filter: Buffer): void {
    if (this.#blocks.length === 0) return
    const set = optionSetter(this.#fd, this.#interface, 'packets (capture)')
    set('SO_ATTACH_FILTER', SOL_SOCKET, SO_ATTACH_FILTER, filterProgram(filter))
  }

  counts(): { readonly passed: number; readonly missed: number } {
    const statistics = Buffer.alloc(12) // struct tpacket_stats_v3: the kernel begins anew whenever it is asked
    const asked = this.#blocks.length > 0 && libcGetsockopt(this.#fd, SOL_PACKET, PACKET_STATISTICS, statistics, int(12)) === 0
    return asked ? { passed: statistics.readUInt32LE(0), missed: statistics.readUInt32LE(4) } : { passed: 0, missed: 0 }
  }

  close(): void {
    if (this.#blocks.length === 0) return
    const size = this.#blocks.length * BLOCK_SIZE
    this.#blocks = []
    libcMunmap(this.#pointer, size)
    libcClose(this.#fd)
  }
}

/** struct tpacket_req3. */
function ringRequest(blocks: number): Buffer {
  const frame = 2048
  const request = Buffer.alloc(28)
  const values = [BLOCK_SIZE, blocks, frame, (BLOCK_SIZE / frame) * blocks, RETIRE_MILLISECONDS]
  for (const [index, value] of values.entries()) request.writeUInt32LE(value, 4 * index)
  return request
}

/** Atomically: what the kernel wrote before it gave the block is there. */
function statusOf(block: Buffer): number {
  return Atomics.load(new Int32Array(block.buffer, block.byteOffset + STATUS, 1), 0)
}

function give(block: Buffer): void {
  Atomics.store(new Int32Array(block.buffer, block.byteOffset + STATUS, 1), 0, 0)
}
