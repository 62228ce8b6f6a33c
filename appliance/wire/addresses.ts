// Addresses as values: made only by the parsers here, so that a Mac or an Ipv4 is known to be well formed.

declare const brand: unique symbol
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }

/** Lower-case, colon-separated: `52:54:00:77:00:01`. */
export type Mac = Branded<string, 'Mac'>
/** Dotted decimal without leading zeros: `10.77.0.21`. */
export type Ipv4 = Branded<string, 'Ipv4'>

export interface Subnet {
  /** The lowest address: the network's own. */
  readonly network: Ipv4
  /** Length of the prefix in bits, 0 to 32. */
  readonly prefix: number
}

/** Both ends belong to the range. */
export interface AddressRange {
  readonly first: Ipv4
  readonly last: Ipv4
}

export const UNSPECIFIED = '0.0.0.0' as Ipv4
export const BROADCAST = '255.255.255.255' as Ipv4
/** The code of the digit 0; that of the dot lies below it. */
const ZERO = 48

/** Accepts `52:54:00:77:00:01`, `52-54-00-77-00-01` and `525400770001`; undefined when it is none of them. */
export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}(([:-]?)[0-9a-f]{2})(\2[0-9a-f]{2}){4}$/i.test(text)) return undefined
  const digits = text.toLowerCase().replace(/[:-]/g, '')
  return digits.replace(/(..)(?!$)/g, '$1:') as Mac
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function macFromBytes(bytes: Uint8Array): Mac {
  if (bytes.length !== 6) throw new RangeError(`a MAC address has 6 bytes, not ${bytes.length}`)
  const hex = (index: number) => HEX[bytes[index] ?? 0]
  return `${hex(0)}:${hex(1)}:${hex(2)}:${hex(3)}:${hex(4)}:${hex(5)}` as Mac
}

export function macToBytes(mac: Mac): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex')
}

export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.')
  const valid = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return valid ? (text as Ipv4) : undefined
}

export function ipv4FromNumber(value: number): Ipv4 {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}` as Ipv4
}

/** By hand: it is asked several times for each packet. */
export function ipv4ToNumber(address: Ipv4): number {
  let value = 0
  let part = 0
  for (let index = 0; index < address.length; index += 1) {
    const digit = address.charCodeAt(index) - ZERO
    if (digit >= 0) part = part * 10 + digit
    else {
      value = value * 256 + part
      part = 0
    }
  }
  return value * 256 + part
}

/** `10.77.0.1/24` as the host's address and its subnet; undefined when malformed. */
export function parseInterfaceAddress(text: string): { readonly address: Ipv4; readonly subnet: Subnet } | undefined {
  const [head = '', tail = '', ...more] = text.split('/')
  const address = parseIpv4(head)
  if (!address || more.length > 0 || !/^(0|[1-9]\d?)$/.test(tail) || Number(tail) > 32) return undefined
  return { address, subnet: subnetOf(address, Number(tail)) }
}

export function subnetOf(address: Ipv4, prefix: number): Subnet {
  return { network: ipv4FromNumber((ipv4ToNumber(address) & maskOf(prefix)) >>> 0), prefix }
}

export function subnetContains(subnet: Subnet, address: Ipv4): boolean {
  return ((ipv4ToNumber(address) ^ ipv4ToNumber(subnet.network)) & maskOf(subnet.prefix)) === 0
}

export function netmask(subnet: Subnet): Ipv4 {
  return ipv4FromNumber(maskOf(subnet.prefix) >>> 0)
}

export function broadcastOf(subnet: Subnet): Ipv4 {
  return ipv4FromNumber((ipv4ToNumber(subnet.network) | ~maskOf(subnet.prefix)) >>> 0)
}

/** `10.77.0.100-10.77.0.199`; undefined when malformed or upside down. */
export function parseRange(text: string): AddressRange | undefined {
  const [first, last, ...more] = text.split('-').map((part) => parseIpv4(part.trim()))
  if (!first || !last || more.length > 0 || ipv4ToNumber(first) > ipv4ToNumber(last)) return undefined
  return { first, last }
}

export function rangeContains(range: AddressRange, address: Ipv4): boolean {
  const value = ipv4ToNumber(address)
  return value >= ipv4ToNumber(range.first) && value <= ipv4ToNumber(range.last)
}

function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : -1 << (32 - prefix)
}
