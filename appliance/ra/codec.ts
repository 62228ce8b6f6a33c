// Router Solicitation and Router Advertisement (RFC 4861 sections 4.1, 4.2, 4.6), from the ICMPv6 type on.
// The kernel verifies and fills in the checksum of raw ICMPv6 sockets.
import { Cursor, Writer } from '../wire/cursor.ts'

export const ROUTER_SOLICITATION = 133
export const ROUTER_ADVERTISEMENT = 134

export interface NdOption {
  readonly type: number
  /** Without the type and length bytes: 6 bytes, or 8 more for each unit of length. */
  readonly data: Buffer
}

export interface RouterSolicitation {
  readonly code: number
  readonly checksum: number
  /** To be ignored by receivers; kept. */
  readonly reserved: number
  readonly options: readonly NdOption[]
}

/** Every field of an advertisement without options: a lifetime of 0 says "no default router here". */
export interface RouterAdvertisement {
  /** 0: unspecified. */
  readonly currentHopLimit: number
  readonly flags: number
  readonly routerLifetimeSeconds: number
  readonly reachableTimeMilliseconds: number
  readonly retransTimerMilliseconds: number
}

/** Throws WireError, also for an option of length 0, which would never end. */
export function decodeSolicitation(bytes: Uint8Array): RouterSolicitation {
  const cursor = new Cursor(bytes)
  const type = cursor.u8('type')
  if (type !== ROUTER_SOLICITATION) cursor.fail('type', `${type} is no router solicitation`)
  const code = cursor.u8('code')
  const checksum = cursor.u16('checksum')
  const reserved = cursor.u32('reserved')
  const options: NdOption[] = []
  while (cursor.remaining > 0) {
    const optionType = cursor.u8('option type')
    const units = cursor.u8('option length')
    if (units === 0) cursor.fail('option length', 'is 0')
    options.push({ type: optionType, data: Buffer.from(cursor.bytes(units * 8 - 2, `option ${optionType}`)) })
  }
  return { code, checksum, reserved, options }
}

/** Throws RangeError when an option's data is not 6 bytes and a multiple of 8 more. */
export function encodeSolicitation(solicitation: RouterSolicitation): Buffer {
  const length = solicitation.options.reduce((sum, { data }) => sum + 2 + data.length, 8)
  const writer = new Writer(length).u8(ROUTER_SOLICITATION).u8(solicitation.code).u16(solicitation.checksum).u32(solicitation.reserved)
  for (const { type, data } of solicitation.options) {
    if (data.length % 8 !== 6) throw new RangeError(`option ${type} cannot have ${data.length} bytes of data`)
    writer
      .u8(type)
      .u8((data.length + 2) / 8)
      .bytes(data)
  }
  return writer.finish()
}

/** 16 bytes, the checksum left to the kernel. */
export function encodeAdvertisement(advertisement: RouterAdvertisement): Buffer {
  return new Writer(16)
    .u8(ROUTER_ADVERTISEMENT)
    .u8(0)
    .u16(0)
    .u8(advertisement.currentHopLimit)
    .u8(advertisement.flags)
    .u16(advertisement.routerLifetimeSeconds)
    .u32(advertisement.reachableTimeMilliseconds)
    .u32(advertisement.retransTimerMilliseconds)
    .finish()
}

/** Throws WireError. Options are not read: ours has none. */
export function decodeAdvertisement(bytes: Uint8Array): RouterAdvertisement {
  const cursor = new Cursor(bytes)
  const type = cursor.u8('type')
  if (type !== ROUTER_ADVERTISEMENT) cursor.fail('type', `${type} is no router advertisement`)
  cursor.u8('code')
  cursor.u16('checksum')
  return {
    currentHopLimit: cursor.u8('current hop limit'),
    flags: cursor.u8('flags'),
    routerLifetimeSeconds: cursor.u16('router lifetime'),
    reachableTimeMilliseconds: cursor.u32('reachable time'),
    retransTimerMilliseconds: cursor.u32('retrans timer'),
  }
}
