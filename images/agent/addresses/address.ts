// IP addresses as one writes them: of bytes, or of text that a guest has written. Only what one machine may have for its own is one here.
// Pure.
import { z } from 'zod'

const ipv4 = z.ipv4()
const ipv6 = z.ipv6()

/** Dotted; undefined for this network, loopback, multicast, reserved and broadcast (RFC 6890). `bytes`: four. */
export function ipv4Of(bytes: Uint8Array): string | undefined {
  const [first = 0] = bytes
  return bytes.length !== 4 || first === 0 || first === 127 || first >= 224 ? undefined : bytes.join('.')
}

/**
 * As RFC 5952 writes it; undefined for the unspecified, loopback, multicast, IPv4-mapped and link-local ones: those each NIC has, and
 * nobody reaches it by them from elsewhere. `bytes`: sixteen.
 */
export function ipv6Of(bytes: Uint8Array): string | undefined {
  const [first = 0, second = 0] = bytes
  if (bytes.length !== 16 || first === 0 || first === 0xff || (first === 0xfe && second >= 0x80 && second <= 0xbf)) return undefined
  const groups = Array.from({ length: 8 }, (_, at) => (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16))
  const zeros = longestZeros(groups)
  if (zeros.length < 2) return groups.join(':')
  return `${groups.slice(0, zeros.at).join(':')}::${groups.slice(zeros.at + zeros.length).join(':')}`
}

/** Of text that is an address, with a prefix or without. */
export function addressOf(text: string): string | undefined {
  const bare = text.replace(/\/\d{1,3}$/, '')
  if (bare.length > 45) return undefined
  if (ipv4.safeParse(bare).success) return ipv4Of(Uint8Array.from(bare.split('.'), Number))
  return ipv6.safeParse(bare).success ? ipv6Of(bytesOf(bare)) : undefined
}

/** The first of the longest runs of groups that are zero. */
function longestZeros(groups: readonly string[]): { readonly at: number; readonly length: number } {
  let best = { at: 0, length: 0 }
  for (let at = 0; at < groups.length; at += 1) {
    const end = groups.findIndex((group, index) => index >= at && group !== '0')
    const length = (end === -1 ? groups.length : end) - at
    if (length > best.length) best = { at, length }
  }
  return best
}

/** Of text that is an IPv6 address. */
function bytesOf(text: string): Uint8Array {
  const plain = text.replace(/[\d.]+$/, (tail) => (tail.includes('.') ? groupsOfIpv4(tail) : tail))
  const [before = '', after] = plain.split('::')
  const [head, tail] = [before, after ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const gap = Array.from({ length: after === undefined ? 0 : 8 - (head?.length ?? 0) - (tail?.length ?? 0) }, () => '0')
  const groups = [...(head ?? []), ...gap, ...(tail ?? [])].map((group) => Number.parseInt(group, 16))
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOfIpv4(text: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
