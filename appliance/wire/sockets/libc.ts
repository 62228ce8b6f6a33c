// Sockets as libc makes them, by koffi: Node offers neither SO_BINDTODEVICE nor raw sockets (Linux).
import koffi from 'koffi'
import { SocketError } from '../explain.ts'

// Linux numbers, the same on x86-64 and arm64 (socket(7), ip(7), ipv6(7), netinet/icmp6.h).
export const AF_INET = 2
export const AF_INET6 = 10
export const AF_PACKET = 17
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
const SOCK_FLAGS = 0o2000000 | 0o4000 // CLOEXEC, NONBLOCK
export const SOL_SOCKET = 1
export const SO_REUSEADDR = 2
export const SO_BROADCAST = 6
export const SO_RCVBUFFORCE = 33
export const SO_BINDTODEVICE = 25
export const SO_ATTACH_FILTER = 26
export const IPPROTO_IPV6 = 41
export const IPPROTO_ICMPV6 = 58
export const IPV6_UNICAST_HOPS = 16
export const IPV6_MULTICAST_IF = 17
export const IPV6_MULTICAST_HOPS = 18
export const IPV6_MULTICAST_LOOP = 19
export const IPV6_ADD_MEMBERSHIP = 20
export const IPV6_RECVHOPLIMIT = 51
export const IPV6_HOPLIMIT = 52
export const ICMPV6_FILTER = 1
export const POLLIN = 1
export const SHUT_RDWR = 2
// packet(7), linux/if_packet.h, linux/if_ether.h
export const SOL_PACKET = 263
export const PACKET_RX_RING = 5
export const PACKET_STATISTICS = 6
export const PACKET_VERSION = 10
export const TPACKET_V3 = 2
export const ETH_P_ALL = 3
export const PROT_READ = 1
export const PROT_WRITE = 2
export const MAP_SHARED = 1

const libc = koffi.load(null)
const libcSocket = libc.func('int socket(int domain, int type, int protocol)')
export const libcSetsockopt = libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)')
export const libcGetsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)')
export const libcBind = libc.func('int bind(int fd, const void *address, uint32_t length)')
export const libcClose = libc.func('int close(int fd)')
export const libcShutdown = libc.func('int shutdown(int fd, int how)')
export const libcPoll = libc.func('int poll(void *fds, unsigned long count, int milliseconds)')
export const libcRecvmsg = libc.func('long recvmsg(int fd, void *message, int flags)')
export const libcSendto = libc.func('long sendto(int fd, const void *bytes, size_t length, int flags, const void *to, uint32_t toLength)')
export const libcMmap = libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)')
export const libcMunmap = libc.func('int munmap(void *address, size_t length)')
export const libcIfIndex = libc.func('uint32_t if_nametoindex(const char *name)')

export function openSocket(interfaceName: string, what: string, domain: number, type: number, protocol: number): number {
  const fd = libcSocket(domain, type | SOCK_FLAGS, protocol) as number
  if (fd < 0) throw failure(interfaceName, what, 'socket', [])
  return fd
}

export function optionSetter(fd: number, interfaceName: string, what: string) {
  return (name: string, level: number, option: number, value: Buffer): void => {
    if (libcSetsockopt(fd, level, option, value, value.length) !== 0) throw failure(interfaceName, what, `setsockopt ${name}`, [])
  }
}

/** IFNAMSIZ is 16 with the NUL; the kernel would cut a longer name and bind to another interface. */
export function deviceName(interfaceName: string): Buffer {
  const name = Buffer.from(`${interfaceName}\0`)
  if (interfaceName === '' || name.length > 16) {
    throw new SocketError({ interface: interfaceName, what: 'a socket', call: 'SO_BINDTODEVICE', code: 'ENODEV', holders: [] })
  }
  return name
}

export function failure(interfaceName: string, what: string, call: string, holders: readonly string[]): SocketError {
  const errno = koffi.errno()
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`
  return new SocketError({ interface: interfaceName, what, call, code, holders })
}

/** struct sock_fprog: the kernel copies the steps while setsockopt(2) runs, so they need to live no longer than `filter` in the caller. */
export function filterProgram(filter: Buffer): Buffer {
  const program = Buffer.alloc(16)
  program.writeUInt16LE(filter.length / 8, 0)
  program.writeBigUInt64LE(koffi.address(filter), 8)
  return program
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}
