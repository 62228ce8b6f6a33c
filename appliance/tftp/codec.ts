// TFTP packets (RFC 1350 section 5, options RFC 2347): bytes to records and back, without loss.
// Texts are latin1, so that every byte a client sends survives. What a packet means is decided elsewhere.

import { Cursor, Writer } from '../wire/cursor.ts'

/** RFC 2347: "The maximum size of a request packet is 512 octets." */
const LONGEST_REQUEST = 512

const OPCODE = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const

/** RFC 2347: an option as the peer spelled it. Names are compared without case. */
export interface TftpOption {
  readonly name: string
  readonly value: string
}

/** RFC 1350 figure 5-1, with the options of RFC 2347. */
export interface TftpRequest {
  readonly kind: 'rrq' | 'wrq'
  readonly filename: string
  readonly mode: string
  readonly options: readonly TftpOption[]
  /** NUL bytes after the last field: 0, but for boot ROMs that pad their requests. */
  readonly padding: number
}

/** RFC 1350 figure 5-2. `data` shares memory with the packet. */
export interface TftpData {
  readonly kind: 'data'
  readonly block: number
  readonly data: Buffer
}

/** RFC 1350 figure 5-3. */
export interface TftpAck {
  readonly kind: 'ack'
  readonly block: number
}

/** RFC 1350 figure 5-4. */
export interface TftpError {
  readonly kind: 'error'
  readonly code: number
  readonly message: string
  /** NUL bytes after the message: 1 by the RFC, 0 from clients that forget it. */
  readonly terminator: number
}

/** RFC 2347: the options that the server has accepted. */
export interface TftpOack {
  readonly kind: 'oack'
  readonly options: readonly TftpOption[]
}

export type TftpPacket = TftpRequest | TftpData | TftpAck | TftpError | TftpOack

/** RFC 1350 appendix, "Error Codes", and RFC 2347 for 8. */
export const ERROR_CODE = { undefined: 0, notFound: 1, access: 2, illegalOperation: 4, unknownTransfer: 5, options: 8 } as const

/** One UDP payload as a record. Throws WireError when it is none of the six packets. */
export function decodeTftp(bytes: Uint8Array): TftpPacket {
  const cursor = new Cursor(bytes)
  const opcode = cursor.u16('opcode')
  switch (opcode) {
    case OPCODE.rrq:
    case OPCODE.wrq:
      return decodeRequest(opcode === OPCODE.rrq ? 'rrq' : 'wrq', bytes.length, cursor)
    case OPCODE.data:
      return { kind: 'data', block: cursor.u16('block'), data: cursor.rest() }
    case OPCODE.ack: {
      const block = cursor.u16('block')
      cursor.end('ack')
      return { kind: 'ack', block }
    }
    case OPCODE.error:
      return decodeError(cursor)
    case OPCODE.oack: {
      if (bytes.length > LONGEST_REQUEST) cursor.fail('oack', `${bytes.length} bytes, at most ${LONGEST_REQUEST} are allowed`)
      const options: TftpOption[] = []
      while (cursor.remaining > 0) options.push({ name: readText(cursor, 'option name'), value: readText(cursor, 'option value') })
      return { kind: 'oack', options }
    }
    default:
      return cursor.fail('opcode', `${opcode} is not a TFTP packet`)
  }
}

/** The bytes of a record. Throws RangeError when a text holds a NUL or a character outside latin1. */
export function encodeTftp(packet: TftpPacket): Buffer {
  const writer = new Writer(capacityFor(packet))
  writer.u16(OPCODE[packet.kind])
  switch (packet.kind) {
    case 'rrq':
    case 'wrq':
      writeText(writer, packet.filename)
      writeText(writer, packet.mode)
      writeOptions(writer, packet.options)
      writer.zeros(packet.padding)
      break
    case 'data':
      writer.u16(packet.block).bytes(packet.data)
      break
    case 'ack':
      writer.u16(packet.block)
      break
    case 'error':
      writer.u16(packet.code).bytes(latin1(packet.message)).zeros(packet.terminator)
      break
    case 'oack':
      writeOptions(writer, packet.options)
      break
  }
  return writer.finish()
}

/** In bytes: enough for the packet, so that the writer need not grow. */
function capacityFor(packet: TftpPacket): number {
  switch (packet.kind) {
    case 'data':
      return 4 + packet.data.length
    case 'error':
      return 4 + packet.message.length + packet.terminator
    case 'rrq':
    case 'wrq':
    case 'ack':
    case 'oack':
      return LONGEST_REQUEST
  }
}

/** An ERROR packet as the RFC spells it. */
export function tftpError(code: number, message: string): TftpError {
  return { kind: 'error', code, message, terminator: 1 }
}

function decodeRequest(kind: 'rrq' | 'wrq', length: number, cursor: Cursor): TftpRequest {
  if (length > LONGEST_REQUEST) cursor.fail(kind, `${length} bytes, at most ${LONGEST_REQUEST} are allowed`)
  const filename = readText(cursor, 'filename')
  const mode = readText(cursor, 'mode')
  const options: TftpOption[] = []
  while (cursor.remaining > 0) {
    const name = readText(cursor, 'option name')
    if (name === '') return { kind, filename, mode, options, padding: 1 + readPadding(cursor) }
    options.push({ name, value: readText(cursor, 'option value') })
  }
  return { kind, filename, mode, options, padding: 0 }
}

function decodeError(cursor: Cursor): TftpError {
  const code = cursor.u16('error code')
  const text = cursor.rest()
  const end = text.indexOf(0)
  if (end < 0) return { kind: 'error', code, message: text.toString('latin1'), terminator: 0 }
  if (text.subarray(end).some((byte) => byte !== 0)) cursor.fail('error message', 'bytes after its end')
  return { kind: 'error', code, message: text.toString('latin1', 0, end), terminator: text.length - end }
}

function readPadding(cursor: Cursor): number {
  const length = cursor.remaining
  while (cursor.remaining > 0) {
    if (cursor.u8('padding') !== 0) cursor.fail('padding', 'a byte that is not NUL')
  }
  return length
}

function readText(cursor: Cursor, field: string): string {
  let text = ''
  for (let byte = cursor.u8(field); byte !== 0; byte = cursor.u8(field)) text += String.fromCharCode(byte)
  return text
}

function writeOptions(writer: Writer, options: readonly TftpOption[]): void {
  for (const { name, value } of options) {
    writeText(writer, name)
    writeText(writer, value)
  }
}

function writeText(writer: Writer, text: string): void {
  writer.bytes(latin1(text)).u8(0)
}

function latin1(text: string): Buffer {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code === 0 || code > 255) throw new RangeError(`U+${code.toString(16)} cannot be in a TFTP text`)
  }
  return Buffer.from(text, 'latin1')
}
