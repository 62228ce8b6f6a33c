// Whose address a frame of a guest tells: the sender of an ARP packet (RFC 826, RFC 5227), the source of a neighbour solicitation and the
// target of a neighbour advertisement (RFC 4861). One that is only asked for before it is used, by an ARP probe or by duplicate address
// detection, is nobody's yet. Pure; whatever the bytes are, they are no error.
import { ipv4Of, ipv6Of } from './address.ts'

export interface Sender {
  /** That the frame comes from, as Ethernet has it. */
  readonly mac: string
  readonly address: string
}

const ARP = 0x0806
const IPV6 = 0x86dd
const ICMPV6 = 58
const SOLICITATION = 135
const ADVERTISEMENT = 136
/** What comes from another link has less (RFC 4861, 7.1). */
const HOP_LIMIT = 255

/** Bytes of a frame, from its destination on, that are looked at. */
export const LOOKED_AT = 78

/** `frame`: from its destination on, without a VLAN tag. */
export function senderIn(frame: Uint8Array): Sender | undefined {
  const mac = frame.subarray(6, 12)
  // A group is no station.
  if (frame.length < 14 || ((mac[0] ?? 1) & 1) === 1) return undefined
  const address = addressIn(frame, mac)
  return address === undefined
    ? undefined
    : {
        mac: Buffer.from(mac)
          .toString('hex')
          .replace(/..(?!$)/g, '$&:'),
        address,
      }
}

function addressIn(frame: Uint8Array, mac: Uint8Array): string | undefined {
  switch (wordAt(frame, 12)) {
    case ARP:
      return ofArp(frame, mac)
    case IPV6:
      return ofNeighbourDiscovery(frame)
    default:
      return undefined
  }
}

/** Of Ethernet and IPv4, a request or a reply, in whose body the sender is the frame's. */
function ofArp(frame: Uint8Array, mac: Uint8Array): string | undefined {
  const isOne =
    frame.length >= 42 &&
    wordAt(frame, 14) === 1 &&
    wordAt(frame, 16) === 0x0800 &&
    wordAt(frame, 18) === 0x0604 &&
    [1, 2].includes(wordAt(frame, 20)) &&
    mac.every((byte, at) => frame[22 + at] === byte)
  return isOne ? ipv4Of(frame.subarray(28, 32)) : undefined
}

function ofNeighbourDiscovery(frame: Uint8Array): string | undefined {
  const isOne =
    frame.length >= LOOKED_AT && (frame[14] ?? 0) >> 4 === 6 && frame[20] === ICMPV6 && frame[21] === HOP_LIMIT && frame[55] === 0
  if (!isOne) return undefined
  switch (frame[54]) {
    // Of duplicate address detection it is the unspecified one.
    case SOLICITATION:
      return ipv6Of(frame.subarray(22, 38))
    case ADVERTISEMENT:
      return ipv6Of(frame.subarray(62, 78))
    default:
      return undefined
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
