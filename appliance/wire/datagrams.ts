// What waits in a UDP socket, read at once: Node reads 32 datagrams for each turn of its loop, each with a buffer of 64 KiB; under a flood
// that is most of the work. recvmmsg(2) by koffi (Linux) takes 64 with one call, into memory that stays.
import type dgram from 'node:dgram'
import koffi from 'koffi'
import { type Ipv4, ipv4FromNumber } from './addresses.ts'

const AT_ONCE = 64
/** Of a longer datagram the rest is cut off: more than any network's MTU that a machine boots over. */
const LONGEST = 2048
// Sizes of struct sockaddr_in, iovec and mmsghdr, as on 64-bit Linux.
const ADDRESS = 16
const VECTOR = 16
const MESSAGE = 64

const libcRecvmmsg = koffi.load(null).func('int recvmmsg(int fd, void *messages, uint32_t count, int flags, void *timeout)')

const descriptors = new WeakMap<dgram.Socket, number>()

/** To be called by who made the socket of the descriptor. */
export function rememberDescriptor(socket: dgram.Socket, fd: number): void {
  descriptors.set(socket, fd)
}

/** Undefined of a socket that nobody remembered. Another's, once `close` was called. */
export function descriptorOf(socket: dgram.Socket): number | undefined {
  return descriptors.get(socket)
}

/** As `lookup` of sockets that send to addresses alone: looking one up costs a turn of the event loop for each datagram. */
export const asItIs = ((address: string, _family: unknown, callback: (error: null, address: string, family: number) => void) =>
  callback(null, address, 4)) satisfies NonNullable<dgram.SocketOptions['lookup']>

export interface Sender {
  readonly address: Ipv4
  readonly port: number
}

/**
 * Gives each datagram that waits, `most` of them and up to 63 more, with the one who sent it; returns how many there were. Only for
 * sockets of openUdpOn, and never once `close` was called: the descriptor may be another's by then.
 */
export function drain(socket: dgram.Socket, most: number, each: (bytes: Buffer, from: Sender) => void): number {
  const fd = descriptorOf(socket)
  if (fd === undefined) return 0
  scratch ??= newScratch()
  const { messages, slab, addresses } = scratch
  for (let total = 0; ; ) {
    const count = Number(libcRecvmmsg(fd, messages, AT_ONCE, 0, null))
    for (let index = 0; index < count; index += 1) {
      const length = messages.readUInt32LE(index * MESSAGE + 56)
      const bytes = Buffer.from(slab.subarray(index * LONGEST, index * LONGEST + length))
      messages.writeUInt32LE(ADDRESS, index * MESSAGE + 8) // the kernel has written what it took
      const from = index * ADDRESS
      each(bytes, { address: ipv4FromNumber(addresses.readUInt32BE(from + 4)), port: addresses.readUInt16BE(from + 2) })
    }
    total += Math.max(0, count)
    if (count < AT_ONCE || total >= most) return total
  }
}

/** What recvmmsg(2) reads and writes; it points to its own parts, so all of them live as long as the process. */
interface Scratch {
  readonly messages: Buffer
  readonly slab: Buffer
  readonly addresses: Buffer
  readonly vectors: Buffer
}

let scratch: Scratch | undefined

function newScratch(): Scratch {
  const [messages, slab] = [Buffer.alloc(AT_ONCE * MESSAGE), Buffer.alloc(AT_ONCE * LONGEST)]
  const [addresses, vectors] = [Buffer.alloc(AT_ONCE * ADDRESS), Buffer.alloc(AT_ONCE * VECTOR)]
  for (let index = 0; index < AT_ONCE; index += 1) {
    vectors.writeBigUInt64LE(koffi.address(slab.subarray(index * LONGEST)), index * VECTOR)
    vectors.writeBigUInt64LE(BigInt(LONGEST), index * VECTOR + 8)
    messages.writeBigUInt64LE(koffi.address(addresses.subarray(index * ADDRESS)), index * MESSAGE)
    messages.writeUInt32LE(ADDRESS, index * MESSAGE + 8)
    messages.writeBigUInt64LE(koffi.address(vectors.subarray(index * VECTOR)), index * MESSAGE + 16)
    messages.writeBigUInt64LE(1n, index * MESSAGE + 24)
  }
  return { messages, slab, addresses, vectors }
}
