// XDR (RFC 4506) over the Cursor and Writer of appliance/wire: what they lack for RPC.
// A length is compared with its limit before anything is taken.
import type { Cursor, Writer } from '../wire/cursor.ts'

/** Bytes of zeros that follow `length` bytes of opaque data: 0 to 3. */
export function padding(length: number): number {
  return (4 - (length % 4)) % 4
}

/** Bytes that variable-length opaque data of `length` bytes takes on the wire, its length word included. */
export function opaqueSize(length: number): number {
  return 4 + length + padding(length)
}

/** Variable-length opaque data or a string, at most `limit` bytes (RFC 4506 section 4.10), as a view. */
export function readOpaque(cursor: Cursor, limit: number, field: string): Buffer {
  const length = cursor.u32(`${field} length`)
  if (length > limit) cursor.fail(field, `${length} bytes, at most ${limit} are allowed`)
  const bytes = cursor.bytes(length, field)
  cursor.bytes(padding(length), `${field} padding`)
  return bytes
}

/** A bool (RFC 4506 section 4.4): anything but 0 and 1 is a WireError. */
export function readBool(cursor: Cursor, field: string): boolean {
  const value = cursor.u32(field)
  if (value > 1) cursor.fail(field, `${value} is no bool`)
  return value === 1
}

export function writeOpaque(writer: Writer, bytes: Uint8Array): void {
  writer.u32(bytes.length).bytes(bytes).zeros(padding(bytes.length))
}

export function writeBool(writer: Writer, value: boolean): void {
  writer.u32(value ? 1 : 0)
}

/** An unsigned hyper from a safe integer, as two words: the hot path makes no bigint. */
export function writeHyper(writer: Writer, value: number): void {
  writer.u32(Math.floor(value / 0x1_0000_0000)).u32(value % 0x1_0000_0000)
}
