// Which broadcasts the kernel puts where (classic BPF, linux/filter.h): those of reserved machines wait in a socket of their own, so that
// no flood of strangers fills their buffer. Two programs, each the other's complement; all that is no broadcast stays in the first. Pure.
import { type Mac, macToBytes } from '../wire/addresses.ts'

export interface ExpressFilters {
  /** Of the socket that is bound to 255.255.255.255: these machines and no others. */
  readonly express: Buffer
  /** Of the socket for all: without their broadcasts. */
  readonly others: Buffer
}

/** As many as a program of 4096 steps can ask for; more machines wait with all others. */
export const MOST_EXPRESS = 800

/** Offsets from the UDP header on, in bytes. */
const CHADDR = 8 + 28
const ENOUGH = CHADDR + 6
/** From the IP header on: linux/filter.h's SKF_NET_OFF. */
const IP_DESTINATION = 0xfff00000 + 16
const BROADCAST = 0xffffffff
const ALL = 0xffff
const NOTHING = 0

export function expressFilters(macs: readonly Mac[]): ExpressFilters {
  const known = [...new Set(macs)].slice(0, MOST_EXPRESS)
  return {
    express: Buffer.concat([...known.map((mac) => whenFrom(mac, ALL)), give(NOTHING)]),
    others: Buffer.concat([
      // What is too short to have a MAC, or no broadcast, is for all.
      ...[step(LOAD_LENGTH, 0), step(IF_AT_LEAST, ENOUGH, 1, 0), give(ALL)],
      ...[step(LOAD_WORD, IP_DESTINATION), step(IF_EQUAL, BROADCAST, 1, 0), give(ALL)],
      ...known.map((mac) => whenFrom(mac, NOTHING)),
      give(ALL),
    ]),
  }
}

const LOAD_WORD = 0x20
const LOAD_HALF = 0x28
const LOAD_LENGTH = 0x80
const IF_EQUAL = 0x15
const IF_AT_LEAST = 0x35
const RETURN = 0x06

function whenFrom(mac: Mac, bytes: number): Buffer {
  const address = Buffer.from(macToBytes(mac))
  return Buffer.concat([
    step(LOAD_WORD, CHADDR),
    step(IF_EQUAL, address.readUInt32BE(0), 0, 3),
    step(LOAD_HALF, CHADDR + 4),
    step(IF_EQUAL, address.readUInt16BE(4), 0, 1),
    give(bytes),
  ])
}

/** So many bytes of it are received. */
function give(bytes: number): Buffer {
  return step(RETURN, bytes)
}

/** struct sock_filter, in the byte order of x86-64 and arm64; `yes`, `no`: how many steps to skip. */
function step(code: number, value: number, yes = 0, no = 0): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt8(yes, 2)
  bytes.writeUInt8(no, 3)
  bytes.writeUInt32LE(value, 4)
  return bytes
}
