// What the kernel copies for the capture of one host's boot (classic BPF on Ethernet frames, linux/filter.h): what the host sends and what
// is sent to it, the DHCP about it, and nothing of others. Of what carries files, only the beginning. Pure.

import { type Ipv4, ipv4ToNumber, type Mac, macToBytes } from '../wire/addresses.ts'
import { ALU, assemble, IF, INDEX, INDEXED, jump, LOAD, label, PASS, STORE, type Step, step } from '../wire/bpf.ts'

export interface Watched {
  /** Of the host's NICs; the first `MOST_MACS` count. */
  readonly macs: readonly Mac[]
  /** Its own, by which ARP asks for it. */
  readonly address?: Ipv4 | undefined
  /** It is behind a relay: its frames have the relay's MAC, and it is known by its address alone. */
  readonly relayed?: boolean
}

/** Jumps of a program reach 255 steps. */
export const MOST_MACS = 8
/** Bytes of a frame that is copied whole. */
const WHOLE = 2048
/** Payloads up to here are copied whole, bytes: requests, and scripts as they stand in one segment. */
const SMALL_TCP = 1024
const SMALL_UDP = 256
/** Of the payload of larger ones, bytes: the head of an HTTP answer, or of an RPC reply. */
const BEGINNING = 128
const NOTHING = 0
const FRAGMENT = 128
/** Of an IP fragment that is not the first: its offset. */
const FRAGMENTED = 0x1fff

const ETHERNET = 14
const [IPV4, ARP, IPV6] = [0x0800, 0x0806, 0x86dd]
const [TCP, UDP, ICMPV6] = [6, 17, 58]
const ROUTER_ADVERTISEMENT = 134
/** Ports of DHCP servers: 67, and 4011 of PXE boot servers. */
const SERVER_PORTS = [67, 4011]
/** From the IP header on, where that has no options: of the hardware address in a DHCP message. */
const CHADDR = 8 + 28

/** Steps of 8 bytes. */
export function captureFilter({ macs, address, relayed = false }: Watched): Buffer {
  const known = [...new Set(macs)].slice(0, MOST_MACS).map(macToBytes)
  const own = address === undefined ? [] : [ipv4ToNumber(address)]
  const isOwn = (offsets: readonly number[], to: string): readonly Step[] =>
    own.flatMap((number) => offsets.flatMap((offset) => [step(LOAD.word, offset), jump(IF.equal, number, to)]))
  return assemble([
    ...known.flatMap((mac) => [...ifMac(LOAD, 0, mac, 'cut'), ...ifMac(LOAD, 6, mac, 'cut')]),
    step(LOAD.half, 12),
    ...[jump(IF.equal, IPV4, 'ipv4'), jump(IF.equal, ARP, 'arp'), jump(IF.equal, IPV6, undefined, 'none')],

    // Router Advertisements are to all nodes: ours are for this host, too.
    ...[step(LOAD.byte, 20), jump(IF.equal, ICMPV6, undefined, 'none'), step(LOAD.byte, 54)],
    jump(IF.equal, ROUTER_ADVERTISEMENT, 'whole', 'none'),

    // Who asks for whom.
    label('arp'),
    ...isOwn([28, 38], 'whole'),
    step(PASS.bytes, NOTHING),

    label('ipv4'),
    ...(relayed ? isOwn([26, 30], 'cut') : []),
    ...[step(LOAD.byte, 23), jump(IF.equal, UDP, undefined, 'none'), step(LOAD.half, 20), jump(IF.anyBit, FRAGMENTED, 'none')],
    ...[step(INDEX.headerLength, ETHERNET), ...ifDhcp('dhcp'), step(PASS.bytes, NOTHING)],
    label('dhcp'),
    ...known.flatMap((mac) => ifMac(INDEXED, ETHERNET + CHADDR, mac, 'whole')),
    step(PASS.bytes, NOTHING),

    label('cut'),
    ...[step(LOAD.half, 12), jump(IF.equal, IPV4, undefined, 'whole'), step(LOAD.half, 20), jump(IF.anyBit, FRAGMENTED, 'fragment')],
    ...[step(INDEX.headerLength, ETHERNET), step(LOAD.byte, 23), jump(IF.equal, TCP, 'tcp'), jump(IF.equal, UDP, undefined, 'whole')],

    ...ifDhcp('whole'),
    ...[step(LOAD.length), jump(IF.above, ETHERNET + 20 + 8 + SMALL_UDP, undefined, 'whole')],
    ...[step(INDEX.toAccumulator), step(ALU.add, ETHERNET + 8 + BEGINNING), step(PASS.accumulator)],

    label('tcp'),
    // Where its payload begins, in memory 0 and the index; then how long that is.
    ...[step(INDEXED.byte, ETHERNET + 12), step(ALU.shiftRight, 4), step(ALU.shiftLeft, 2), step(ALU.addIndex), step(ALU.add, ETHERNET)],
    ...[step(STORE, 0), step(INDEX.memory, 0), step(LOAD.length), step(ALU.subtractIndex), jump(IF.above, SMALL_TCP, undefined, 'whole')],
    ...[step(LOAD.memory, 0), step(ALU.add, BEGINNING), step(PASS.accumulator)],

    label('fragment'),
    step(PASS.bytes, FRAGMENT),
    label('whole'),
    step(PASS.bytes, WHOLE),
    label('none'),
    step(PASS.bytes, NOTHING),
  ])
}

/** All DHCP over IPv4: what there is of it before anybody knows that a host boots. */
export const DHCP_FILTER = assemble([
  ...[step(LOAD.half, 12), jump(IF.equal, IPV4, undefined, 'none'), step(LOAD.byte, 23), jump(IF.equal, UDP, undefined, 'none')],
  ...[step(LOAD.half, 20), jump(IF.anyBit, FRAGMENTED, 'none'), step(INDEX.headerLength, ETHERNET), ...ifDhcp('whole')],
  ...[label('none'), step(PASS.bytes, NOTHING), label('whole'), step(PASS.bytes, WHOLE)],
])

/** A server's port at either end; the index is the length of the IP header. */
function ifDhcp(to: string): readonly Step[] {
  return [0, 2].flatMap((offset) => [step(INDEXED.half, ETHERNET + offset), ...SERVER_PORTS.map((port) => jump(IF.equal, port, to))])
}

/** Six bytes at an offset: the last four, then the first two. */
function ifMac(load: { readonly word: number; readonly half: number }, offset: number, mac: Buffer, to: string): readonly Step[] {
  const after = `${load.word} ${offset} ${mac.toString('hex')}`
  return [
    ...[step(load.word, offset + 2), jump(IF.equal, mac.readUInt32BE(2), undefined, after)],
    ...[step(load.half, offset), jump(IF.equal, mac.readUInt16BE(0), to), label(after)],
  ]
}
