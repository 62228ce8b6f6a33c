// Sockets that belong to one interface: UDP for DHCP (handed to dgram by fd) and raw ICMPv6 for
// Router Advertisements. Node offers neither SO_BINDTODEVICE nor raw sockets: libc by koffi (Linux).
import dgram from 'node:dgram'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import koffi from 'koffi'
import { asItIs, rememberDescriptor } from './datagrams.ts'
import { inodesOnPort, SocketError } from './explain.ts'

// Linux numbers, the same on x86-64 and arm64 (socket(7), ip(7), ipv6(7), netinet/icmp6.h).
const AF_INET = 2
const AF_INET6 = 10
const SOCK_DGRAM = 2
const SOCK_RAW = 3
const SOCK_FLAGS = 0o2000000 | 0o4000 // CLOEXEC, NONBLOCK
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_BROADCAST = 6
const SO_RCVBUFFORCE = 33
const SO_BINDTODEVICE = 25
const SO_ATTACH_FILTER = 26
const IPPROTO_IPV6 = 41
const IPPROTO_ICMPV6 = 58
const IPV6_UNICAST_HOPS = 16
const IPV6_MULTICAST_IF = 17
const IPV6_MULTICAST_HOPS = 18
const IPV6_MULTICAST_LOOP = 19
const IPV6_ADD_MEMBERSHIP = 20
const IPV6_RECVHOPLIMIT = 51
const IPV6_HOPLIMIT = 52
const ICMPV6_FILTER = 1
const POLLIN = 1
const SHUT_RDWR = 2
/** Bytes that wait in the kernel while we are busy: a rack that is switched on asks all at once. Taken only as they are needed. */
const RECEIVE_BUFFER = 8 << 20
/** How long one wait for a packet may hold a thread of libuv's pool, in milliseconds. */
const POLL_MILLISECONDS = 1000

const libc = koffi.load(null)
const libcSocket = libc.func('int socket(int domain, int type, int protocol)')
const libcSetsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)')
const libcBind = libc.func('int bind(int fd, const void *address, uint32_t length)')
const libcClose = libc.func('int close(int fd)')
const libcShutdown = libc.func('int shutdown(int fd, int how)')
const libcPoll = libc.func('int poll(void *fds, unsigned long count, int milliseconds)')
const libcRecvmsg = libc.func('long recvmsg(int fd, void *message, int flags)')
const libcSendto = libc.func('long sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t toLength)')
const libcIfIndex = libc.func('uint32_t if_nametoindex(const char *name)')

export interface UdpWish {
  /** Left out: 0.0.0.0. */
  readonly address?: '255.255.255.255'
  /** Steps of classic BPF, 8 bytes each: what it does not give is not received. */
  readonly filter?: Buffer | undefined
}

/**
 * A UDP socket on 0.0.0.0:`port` that sees and reaches `interfaceName` only, broadcasts included.
 * Rejects with a SocketError that says what to do.
 */
export async function openUdpOn(interfaceName: string, port: number, { address: on, filter }: UdpWish = {}): Promise<dgram.Socket> {
  const what = `UDP port ${port}`
  const fd = openSocket(interfaceName, what, AF_INET, SOCK_DGRAM, 0)
  try {
    const set = optionSetter(fd, interfaceName, what)
    set('SO_BINDTODEVICE', SOL_SOCKET, SO_BINDTODEVICE, deviceName(interfaceName))
    set('SO_REUSEADDR', SOL_SOCKET, SO_REUSEADDR, int(1))
    set('SO_BROADCAST', SOL_SOCKET, SO_BROADCAST, int(1))
    // Needs CAP_NET_ADMIN; without it the system's default has to do.
    libcSetsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int(RECEIVE_BUFFER), 4)
    const address = Buffer.alloc(16) // struct sockaddr_in: family in host order, port in network order, 0.0.0.0
    address.writeUInt16LE(AF_INET, 0)
    address.writeUInt16BE(port, 2)
    if (on !== undefined) address.fill(0xff, 4, 8)
    if (filter) set('SO_ATTACH_FILTER', SOL_SOCKET, SO_ATTACH_FILTER, filterProgram(filter))
    if (libcBind(fd, address, address.length) !== 0) throw failure(interfaceName, what, 'bind', holdersOf(port))
    return await adopt(fd)
  } catch (error) {
    libcClose(fd)
    throw error
  }
}

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

function openSocket(interfaceName: string, what: string, domain: number, type: number, protocol: number): number {
  const fd = libcSocket(domain, type | SOCK_FLAGS, protocol) as number
  if (fd < 0) throw failure(interfaceName, what, 'socket', [])
  return fd
}

function optionSetter(fd: number, interfaceName: string, what: string) {
  return (name: string, level: number, option: number, value: Buffer): void => {
    if (libcSetsockopt(fd, level, option, value, value.length) !== 0) throw failure(interfaceName, what, `setsockopt ${name}`, [])
  }
}

/** struct sock_fprog: the kernel copies the steps while setsockopt(2) runs, so they need to live no longer than `filter` in the caller. */
function filterProgram(filter: Buffer): Buffer {
  const program = Buffer.alloc(16)
  program.writeUInt16LE(filter.length / 8, 0)
  program.writeBigUInt64LE(koffi.address(filter), 8)
  return program
}

/** IFNAMSIZ is 16 with the NUL; the kernel would cut a longer name and bind to another interface. */
function deviceName(interfaceName: string): Buffer {
  const name = Buffer.from(`${interfaceName}\0`)
  if (interfaceName === '' || name.length > 16) {
    throw new SocketError({ interface: interfaceName, what: 'a socket', call: 'SO_BINDTODEVICE', code: 'ENODEV', holders: [] })
  }
  return name
}

function failure(interfaceName: string, what: string, call: string, holders: readonly string[]): SocketError {
  const errno = koffi.errno()
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`
  return new SocketError({ interface: interfaceName, what, call, code, holders })
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

/** Gives the descriptor to dgram, which closes it from now on. */
function adopt(fd: number): Promise<dgram.Socket> {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket({ type: 'udp4', lookup: asItIs })
    socket.once('error', reject)
    socket.bind({ fd, exclusive: true }, () => {
      socket.removeListener('error', reject)
      rememberDescriptor(socket, fd)
      resolve(socket)
    })
  })
}

/** The processes that have a UDP socket on this port, as far as /proc lets us see. */
function holdersOf(port: number): readonly string[] {
  const errno = koffi.errno()
  const inodes = new Set(inodesOnPort(ifThere(() => readFileSync('/proc/net/udp', 'utf8')) ?? '', port))
  const holders = (ifThere(() => readdirSync('/proc')) ?? [])
    .filter((entry) => /^\d+$/.test(entry) && socketInodesOf(entry).some((inode) => inodes.has(inode)))
    .map((pid) => `${ifThere(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? 'a process'} (pid ${pid})`)
  koffi.errno(errno)
  return holders
}

function socketInodesOf(pid: string): readonly string[] {
  const fds = ifThere(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return fds.flatMap((fd) => ifThere(() => readlinkSync(`/proc/${pid}/fd/${fd}`))?.match(/^socket:\[(\d+)\]$/)?.[1] ?? [])
}

/** Processes and descriptors come and go while we look, and others' are hidden from us: then only an explanation is poorer. */
function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
