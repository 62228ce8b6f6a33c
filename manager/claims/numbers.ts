// Numbers that are given out: DRBD minors and ports of hosts, MACs of the pool. Pure.

import { MIRROR_PORTS } from '../protocol/mirror-ports.ts'

/** Both ends belong to it. */
export const RANGES = {
  /** DRBD's own bound (drbd_limits.h). */
  minor: { first: 0, last: (1 << 20) - 1 },
  port: MIRROR_PORTS,
} as const

/** Xen's own, 00:16:3e. */
const XEN_PREFIX = 0x00163e
const SUFFIXES = 1 << 24
/** More are not looked at: with half of all MACs given out, one of these is free but for once in 2^64. */
const PROBES = 64

/** `00:16:3e:01:02:03` as 48 bits. */
export function macNumber(mac: string): number {
  return Number.parseInt(mac.replaceAll(':', ''), 16)
}

export function macText(number: number): string {
  const digits = number.toString(16).padStart(12, '0')
  return (digits.match(/../g) ?? []).join(':')
}

/**
 * MACs to be tried in turn, always the same for one seed: what was given back is not given to the next one at once, while switches and
 * leases still know it.
 */
export function macCandidates(seed: string): readonly number[] {
  const [first, step] = [hash(seed, 0x811c9dc5) % SUFFIXES, (hash(seed, 0x9747b28c) % SUFFIXES) | 1]
  return Array.from({ length: PROBES }, (_, index) => XEN_PREFIX * SUFFIXES + ((first + index * step) % SUFFIXES))
}

/** FNV-1a, finished by murmur's mixing: neighbouring seeds lie far apart. */
function hash(text: string, basis: number): number {
  let value = basis
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
