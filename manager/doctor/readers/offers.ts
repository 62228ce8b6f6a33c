// Who answers a DISCOVER on a wire. By a packet socket: what is sent by it does not come to servers on this machine, and what comes in is
// seen whatever the routes and filters of this machine say.
import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import koffi from 'koffi'
import type { SeenOffers } from '../checks/dhcp-servers.ts'
import { discoverFrame, type Offer, offerIn } from '../dhcp/discover.ts'
import { type Reading, read, unread } from '../finding.ts'
import { macOf } from './interface.ts'

// Linux numbers, the same on x86-64 and arm64 (packet(7), socket(7)).
const AF_PACKET = 17
const SOCK_RAW = 3
const SOCK_FLAGS = 0o2000000 | 0o4000 // CLOEXEC, NONBLOCK
const IPV4_TYPE = 0x0800
const SOL_SOCKET = 1
const SO_ATTACH_FILTER = 26
const LARGEST_FRAME = 2048

/** `tcpdump -dd 'ip and udp dst port 68'`: code, jump if true, if false, value. */
const TO_CLIENTS = [
  [0x28, 0, 0, 12],
  [0x15, 0, 8, IPV4_TYPE],
  [0x30, 0, 0, 23],
  [0x15, 0, 6, 17],
  [0x28, 0, 0, 20],
  [0x45, 4, 0, 0x1fff],
  [0xb1, 0, 0, 14],
  [0x48, 0, 0, 16],
  [0x15, 0, 1, 68],
  [0x06, 0, 0, 0x40000],
  [0x06, 0, 0, 0],
] as const

/** How often it is asked, and how long each time there is to answer, ms: ISC dhcpd looks for a second whether an address is in use. */
const TIMES = 2
const WAIT = 2000
const LOOK = 20

/** Never rejects. */
export async function readOffers(name: string): Promise<Reading<SeenOffers>> {
  const mac = await macOf(name)
  if (!mac) return unread(`${name} has no Ethernet address to ask from`)
  const libc = libcOf()
  const fd = Number(libc.socket(AF_PACKET, SOCK_RAW | SOCK_FLAGS, swapped(IPV4_TYPE)))
  if (fd < 0) return refused('open a packet socket')
  try {
    const program = filterProgram()
    if (Number(libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, program.struct, program.struct.length)) !== 0)
      return refused('filter what comes in')
    const place = Buffer.alloc(20) // struct sockaddr_ll
    place.writeUInt16LE(AF_PACKET, 0)
    place.writeUInt16BE(IPV4_TYPE, 2)
    place.writeInt32LE(Number(libc.ifIndex(name)), 4)
    if (Number(libc.bind(fd, place, place.length)) !== 0) return refused(`bind to ${name}`)
    const xid = randomInt(1, 0xffffffff)
    const frame = discoverFrame(mac, xid)
    const offers: Offer[] = []
    for (let time = 0; time < TIMES; time++) {
      if (Number(libc.send(fd, frame, frame.length, 0)) < 0) return refused(`send by ${name}`)
      offers.push(...(await heardWithin(WAIT, () => receive(libc, fd), xid)))
    }
    return read({ offers, waited: TIMES * WAIT })
  } finally {
    libc.close(fd)
  }
}

async function heardWithin(time: number, receive: () => Buffer | undefined, xid: number): Promise<readonly Offer[]> {
  const offers: Offer[] = []
  for (const end = Date.now() + time; Date.now() < end; ) {
    for (let frame = receive(); frame; frame = receive()) {
      const offer = offerIn(frame, xid)
      if (offer) offers.push(offer)
    }
    await delay(LOOK)
  }
  return offers
}

type Libc = ReturnType<typeof libcOf>

function libcOf() {
  const libc = koffi.load(null)
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
    bind: libc.func('int bind(int fd, const void *address, uint32_t length)'),
    send: libc.func('long send(int fd, const void *bytes, size_t length, int flags)'),
    recv: libc.func('long recv(int fd, void *bytes, size_t length, int flags)'),
    close: libc.func('int close(int fd)'),
    ifIndex: libc.func('uint32_t if_nametoindex(const char *name)'),
  }
}

function receive(libc: Libc, fd: number): Buffer | undefined {
  const bytes = Buffer.alloc(LARGEST_FRAME)
  const length = Number(libc.recv(fd, bytes, bytes.length, 0))
  return length > 0 ? bytes.subarray(0, length) : undefined
}

/** struct sock_fprog, and the steps that it points to, which have to live while it is used. */
function filterProgram(): { readonly struct: Buffer; readonly steps: Buffer } {
  const steps = Buffer.alloc(TO_CLIENTS.length * 8)
  for (const [at, [code, yes, no, value]] of TO_CLIENTS.entries()) {
    steps.writeUInt16LE(code, at * 8)
    steps.writeUInt8(yes, at * 8 + 2)
    steps.writeUInt8(no, at * 8 + 3)
    steps.writeUInt32LE(value, at * 8 + 4)
  }
  const struct = Buffer.alloc(16)
  struct.writeUInt16LE(TO_CLIENTS.length, 0)
  struct.writeBigUInt64LE(koffi.address(steps), 8)
  return { struct, steps }
}

function refused(what: string): Reading<SeenOffers> {
  const errno = koffi.errno()
  const code = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`
  return unread(`nobody was asked: cannot ${what} (${code})`, code === 'EPERM' ? 'run hostless doctor as root' : undefined)
}

/** As the kernel wants a protocol: in network order. */
const swapped = (type: number): number => ((type & 0xff) << 8) | (type >> 8)
