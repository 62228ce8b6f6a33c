// Which options of a read request are accepted, and with which values (RFC 2347, 2348, 2349, 7440).
// An option that is unknown, malformed or out of bounds is left out of the OACK, as RFC 2347 says.

import type { TftpOption } from './codec.ts'

/** RFC 1350: the block size when nobody asks for another, in bytes. */
const DEFAULT_BLKSIZE = 512
/** IPv4 header without options, UDP header, TFTP opcode and block. */
const HEADERS = 20 + 8 + 4

export interface OptionLimits {
  /** Of the provisioning network, in bytes: a block never needs IP fragments. */
  readonly mtu: number
  /** Largest block, in bytes, whatever the MTU allows. */
  readonly blksize: number
  /** Most blocks in flight. */
  readonly windowsize: number
  /** Longest retransmission time that a client may ask for, in seconds. */
  readonly timeout: number
}

export interface Negotiated {
  /** In bytes. */
  readonly blksize: number
  /** In blocks. */
  readonly windowsize: number
  /** What the client asked for, in seconds; undefined: ours to choose. */
  readonly timeout: number | undefined
  /** True when the client asked for the size: it may want nothing else. */
  readonly sizeAsked: boolean
  /** What the OACK says, in the client's order and spelling; empty: no OACK, the first packet is DATA 1. */
  readonly accepted: readonly TftpOption[]
}

/** @param size of the file as it is transferred, in bytes */
export function negotiate(options: readonly TftpOption[], size: number, limits: OptionLimits): Negotiated {
  const accepted = new Map<string, { readonly option: TftpOption; readonly value: number }>()
  for (const option of options) {
    const name = option.name.toLowerCase()
    const value = acceptedValue(name, option.value, size, limits)
    if (value === undefined || accepted.has(name)) continue
    accepted.set(name, { option: { name: option.name, value: String(value) }, value })
  }
  return {
    blksize: accepted.get('blksize')?.value ?? DEFAULT_BLKSIZE,
    windowsize: accepted.get('windowsize')?.value ?? 1,
    timeout: accepted.get('timeout')?.value,
    sizeAsked: accepted.has('tsize'),
    accepted: [...accepted.values()].map(({ option }) => option),
  }
}

function acceptedValue(name: string, text: string, size: number, limits: OptionLimits): number | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined
  const asked = Number(text)
  switch (name) {
    case 'blksize': // RFC 2348: 8 to 65464, the server may answer with less
      return asked >= 8 && asked <= 65464 ? Math.min(asked, largestBlock(limits)) : undefined
    case 'windowsize': // RFC 7440: 1 to 65535, the server may answer with less
      return asked >= 1 && asked <= 65535 ? Math.min(asked, limits.windowsize) : undefined
    case 'timeout': // RFC 2349: 1 to 255, the server takes it as it is or not at all
      return asked >= 1 && asked <= limits.timeout ? asked : undefined
    case 'tsize':
      return size
    default:
      return undefined
  }
}

function largestBlock(limits: OptionLimits): number {
  return Math.min(limits.mtu - HEADERS, limits.blksize)
}
