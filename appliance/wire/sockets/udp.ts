// UDP on one interface, for DHCP: bound by libc, and handed to dgram by its descriptor.
import dgram from 'node:dgram'
import { asItIs, descriptorOf, rememberDescriptor } from '../datagrams.ts'
import { holdersOf } from './holders.ts'
import {
  AF_INET,
  deviceName,
  failure,
  filterProgram,
  int,
  libcBind,
  libcClose,
  libcSetsockopt,
  openSocket,
  optionSetter,
  SO_ATTACH_FILTER,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_RCVBUFFORCE,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOL_SOCKET,
} from './libc.ts'

/** Bytes that wait in the kernel while we are busy: a rack that is switched on asks all at once. Taken only as they are needed. */
const RECEIVE_BUFFER = 8 << 20

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

/** Another filter in the place of the one that a socket of openUdpOn has, at once; not once `close` was called. Throws a SocketError. */
export function filterUdp(socket: dgram.Socket, interfaceName: string, filter: Buffer): void {
  const fd = descriptorOf(socket)
  if (fd === undefined) return
  const set = optionSetter(fd, interfaceName, 'a filter of UDP')
  set('SO_ATTACH_FILTER', SOL_SOCKET, SO_ATTACH_FILTER, filterProgram(filter))
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
