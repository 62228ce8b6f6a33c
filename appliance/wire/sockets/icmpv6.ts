// Raw ICMPv6 on one interface, for Router Advertisements.
import koffi from 'koffi'
import {
  AF_INET6,
  deviceName,
  failure,
  ICMPV6_FILTER,
  IPPROTO_ICMPV6,
  IPPROTO_IPV6,
  IPV6_ADD_MEMBERSHIP,
  IPV6_HOPLIMIT,
  IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_IF,
  IPV6_MULTICAST_LOOP,
  IPV6_RECVHOPLIMIT,
  IPV6_UNICAST_HOPS,
  int,
  libcClose,
  libcIfIndex,
  libcPoll,
  libcRecvmsg,
  libcSendto,
  libcShutdown,
  openSocket,
  optionSetter,
  POLLIN,
  SHUT_RDWR,
  SO_BINDTODEVICE,
  SOCK_RAW,
  SOL_SOCKET,
} from './libc.ts'

/** How long one wait for a packet may hold a thread of libuv's pool, in milliseconds. */
const POLL_MILLISECONDS = 1000

export interface Icmpv6Datagram {
  /** From the ICMPv6 type on; the kernel has verified the checksum. */
  readonly bytes: Buffer
  /** The sender's 16 address bytes. */
  readonly source: Buffer
  /** As it arrived: 255 proves that no router forwarded it. */
  readonly hopLimit: number
}

export interface Icmpv6Socket {
  /** The next datagram; undefined once the socket is closed. One caller at a time. */
  receive(): Promise<Icmpv6Datagram | undefined>
  /** Sends to a 16-byte address with hop limit 255; the kernel fills in the checksum. Throws a SocketError. */
  send(bytes: Uint8Array, to: Uint8Array): void
  close(): void
}

/** A raw ICMPv6 socket on one interface, in one multicast group, that receives one ICMPv6 type only. */
export function openIcmpv6On(interfaceName: string, group: Uint8Array, type: number): Icmpv6Socket {
  const what = 'ICMPv6'
  const index = Number(libcIfIndex(interfaceName))
  const fd = openSocket(interfaceName, what, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6)
  try {
    const set = optionSetter(fd, interfaceName, what)
    set('SO_BINDTODEVICE', SOL_SOCKET, SO_BINDTODEVICE, deviceName(interfaceName))
    set('ICMPV6_FILTER', IPPROTO_ICMPV6, ICMPV6_FILTER, onlyType(type))
    set('IPV6_RECVHOPLIMIT', IPPROTO_IPV6, IPV6_RECVHOPLIMIT, int(1))
    set('IPV6_UNICAST_HOPS', IPPROTO_IPV6, IPV6_UNICAST_HOPS, int(255))
    set('IPV6_MULTICAST_HOPS', IPPROTO_IPV6, IPV6_MULTICAST_HOPS, int(255))
    set('IPV6_MULTICAST_LOOP', IPPROTO_IPV6, IPV6_MULTICAST_LOOP, int(0))
    set('IPV6_MULTICAST_IF', IPPROTO_IPV6, IPV6_MULTICAST_IF, int(index))
    set('IPV6_ADD_MEMBERSHIP', IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, Buffer.concat([group, int(index)]))
    return icmpv6Socket(fd, interfaceName, index)
  } catch (error) {
    libcClose(fd)
    throw error
  }
}

function icmpv6Socket(fd: number, interfaceName: string, index: number): Icmpv6Socket {
  let state: 'open' | 'receiving' | 'closing' | 'closed' = 'open'
  const scratch = scratchFor(fd)
  const finish = () => {
    state = 'closed'
    libcClose(fd)
  }
  return {
    async receive() {
      while (state === 'open') {
        const received = receiveNow(fd, scratch)
        if (received) return received
        state = 'receiving'
        try {
          await readable(scratch)
        } finally {
          if (state === 'receiving') state = 'open'
        }
      }
      if (state === 'closing') finish()
      return undefined
    },
    send(bytes, to) {
      if (state === 'closing' || state === 'closed') return
      const address = Buffer.alloc(28) // struct sockaddr_in6
      address.writeUInt16LE(AF_INET6, 0)
      address.set(to, 8)
      address.writeUInt32LE(index, 24)
      if (libcSendto(fd, bytes, bytes.length, 0, address, address.length) < 0) throw failure(interfaceName, 'ICMPv6', 'sendto', [])
    },
    close() {
      if (state === 'open') return finish()
      if (state !== 'receiving') return
      // The descriptor stays ours until poll has let go of it: shutdown wakes poll although the socket is not connected.
      state = 'closing'
      libcShutdown(fd, SHUT_RDWR)
    },
  }
}

/** Resolves when there is something to read, the socket was shut down, or the time is over. */
function readable(scratch: Scratch): Promise<void> {
  return new Promise((resolve, reject) => {
    libcPoll.async(scratch.pollfd, 1, POLL_MILLISECONDS, (error: unknown) => (error ? reject(error) : resolve()))
  })
}

/**
 * What poll(2) and recvmsg(2) read and write, laid out as on 64-bit Linux. One for each socket, alive as long as it:
 * the pointers inside are addresses of the buffers beside them, which the garbage collector does not know of.
 */
interface Scratch {
  readonly pollfd: Buffer
  readonly bytes: Buffer
  readonly from: Buffer
  readonly control: Buffer
  readonly vector: Buffer
  readonly message: Buffer
}

function scratchFor(fd: number): Scratch {
  const pollfd = Buffer.alloc(8)
  pollfd.writeInt32LE(fd, 0)
  pollfd.writeInt16LE(POLLIN, 4)
  const bytes = Buffer.alloc(2048)
  const vector = Buffer.alloc(16) // struct iovec
  vector.writeBigUInt64LE(koffi.address(bytes), 0)
  vector.writeBigUInt64LE(BigInt(bytes.length), 8)
  return { pollfd, bytes, from: Buffer.alloc(28), control: Buffer.alloc(256), vector, message: Buffer.alloc(56) }
}

/** One recvmsg(2) without waiting; undefined when there is nothing. */
function receiveNow(fd: number, { bytes, from, control, vector, message }: Scratch): Icmpv6Datagram | undefined {
  message.fill(0) // struct msghdr; the kernel writes the lengths back, so it is filled in for each call
  message.writeBigUInt64LE(koffi.address(from), 0)
  message.writeUInt32LE(from.length, 8)
  message.writeBigUInt64LE(koffi.address(vector), 16)
  message.writeBigUInt64LE(1n, 24)
  message.writeBigUInt64LE(koffi.address(control), 32)
  message.writeBigUInt64LE(BigInt(control.length), 40)
  const length = Number(libcRecvmsg(fd, message, 0))
  if (length < 0) return undefined
  const hopLimit = hopLimitIn(control.subarray(0, Number(message.readBigUInt64LE(40))))
  return { bytes: Buffer.from(bytes.subarray(0, length)), source: Buffer.from(from.subarray(8, 24)), hopLimit }
}

/** The IPV6_HOPLIMIT control message (struct cmsghdr: length 8, level 4, type 4, data); 0 when it is not there. */
function hopLimitIn(control: Buffer): number {
  let offset = 0
  while (offset + 20 <= control.length) {
    const length = Number(control.readBigUInt64LE(offset))
    const isHopLimit = control.readInt32LE(offset + 8) === IPPROTO_IPV6 && control.readInt32LE(offset + 12) === IPV6_HOPLIMIT
    if (isHopLimit) return control.readInt32LE(offset + 16)
    if (length < 16) return 0
    offset += Math.ceil(length / 8) * 8
  }
  return 0
}

/** struct icmp6_filter: a set bit blocks that type. */
function onlyType(type: number): Buffer {
  const filter = Buffer.alloc(32, 0xff)
  const word = (type >> 5) * 4
  filter.writeUInt32LE((filter.readUInt32LE(word) & ~(1 << (type & 31))) >>> 0, word)
  return filter
}
