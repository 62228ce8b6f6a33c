// TFTP packets (RFC 1350 section 5, options RFC 2347): bytes to records and back, without loss.
// Texts are latin1, so that every byte a client sends survives. What a packet means is decided elsewhere.
// Old clients forget a NUL, or send more than they mean: what can be read is read, the rest is kept apart in `tail`.

import { Cursor, WireError, Writer } from '../wire/cursor.ts'

/** RFC 2347: "The maximum size of a request packet is 512 octets." The texts lie within; padding may go beyond. */
export const LONGEST_REQUEST = 512

const NOTHING = Buffer.alloc(0)

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
  /** There when the last text, a mode or a value, ends with the packet instead of a NUL. */
  readonly unterminated?: true
  /** There when something follows that is no option: one without a value, or bytes behind the padding. Shares memory with the packet. */
  readonly tail?: Buffer
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
  /** There when bytes follow, from clients that send their whole buffer. Shares memory with the packet. */
  readonly tail?: Buffer
}

/** RFC 1350 figure 5-4. */
export interface TftpError {
  readonly kind: 'error'
  readonly code: number
  readonly message: string
  /** NUL bytes after the message: 1 by the RFC, 0 from clients that forget it. */
  readonly terminator: number
  /** There when more than NULs follow the message. Shares memory with the packet. */
  readonly tail?: Buffer
  /** There when the packet ends within its code, which is taken for 0: what there was of it. */
  readonly scrap?: Buffer
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
      return decodeRequest(opcode === OPCODE.rrq ? 'rrq' : 'wrq', cursor)
    case OPCODE.data:
      return { kind: 'data', block: cursor.u16('block'), data: cursor.rest() }
    case OPCODE.ack: {
      const block = cursor.u16('block')
      return { kind: 'ack', block, ...tailOf(cursor.rest()) }
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

/** Whether a payload that is perhaps unreadable was meant as a read or write request: its sender waits for an answer. */
export function isRequest(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && (bytes[1] === OPCODE.rrq || bytes[1] === OPCODE.wrq)
}

/** The bytes of a record. Throws RangeError when a text holds a NUL or a character outside latin1. */
export function encodeTftp(packet: TftpPacket): Buffer {
  const writer = new Writer(capacityFor(packet))
  writer.u16(OPCODE[packet.kind])
  switch (packet.kind) {
    case 'rrq':
    case 'wrq':
      writeTexts(writer, [packet.filename, packet.mode, ...textsOf(packet.options)])
      if (!packet.unterminated) writer.u8(0)
      writer.zeros(packet.padding).bytes(packet.tail ?? NOTHING)
      break
    case 'data':
      writer.u16(packet.block).bytes(packet.data)
      break
    case 'ack':
      writer.u16(packet.block).bytes(packet.tail ?? NOTHING)
      break
    case 'error':
      if (packet.scrap) {
        writer.bytes(packet.scrap)
        break
      }
      writer
        .u16(packet.code)
        .bytes(latin1(packet.message))
        .zeros(packet.terminator)
        .bytes(packet.tail ?? NOTHING)
      break
    case 'oack':
      writeTexts(writer, textsOf(packet.options))
      if (packet.options.length > 0) writer.u8(0)
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
      return 4 + packet.message.length + packet.terminator + (packet.tail?.length ?? 0)
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

function decodeRequest(kind: 'rrq' | 'wrq', cursor: Cursor): TftpRequest {
  const filename = readText(cursor, 'filename')
  const modeOffset = cursor.offset
  const texts = cursor.rest()
  if (texts.length === 0) throw new WireError('mode', modeOffset, 'the packet ends before it')
  const mode = textAt(texts, 0)
  let last = mode
  const options: TftpOption[] = []
  while (last.next < texts.length && texts[last.next] !== 0) {
    const name = textAt(texts, last.next)
    if (name.next >= texts.length) break
    last = textAt(texts, name.next)
    if (modeOffset + last.next > LONGEST_REQUEST) break
    options.push({ name: name.text, value: last.text })
  }
  if (modeOffset + last.next > LONGEST_REQUEST) {
    throw new WireError(kind, LONGEST_REQUEST, `its texts end at byte ${modeOffset + last.next}, at most ${LONGEST_REQUEST} are allowed`)
  }
  const [padding, tail] = splitPadding(texts.subarray(last.next))
  return { kind, filename, mode: mode.text, options, padding, ...(last.terminated ? {} : { unterminated: true }), ...tailOf(tail) }
}

function decodeError(cursor: Cursor): TftpError {
  // An ERROR ends the transfer, however little it says.
  if (cursor.remaining < 2) return { kind: 'error', code: ERROR_CODE.undefined, message: '', terminator: 0, scrap: cursor.rest() }
  const code = cursor.u16('error code')
  const rest = cursor.rest()
  const end = rest.indexOf(0)
  if (end < 0) return { kind: 'error', code, message: rest.toString('latin1'), terminator: 0 }
  const [terminator, tail] = splitPadding(rest.subarray(end))
  return { kind: 'error', code, message: rest.toString('latin1', 0, end), terminator, ...tailOf(tail) }
}

interface FoundText {
  readonly text: string
  readonly terminated: boolean
  /** Where the next one begins. */
  readonly next: number
}

/** A text that ends with its NUL, or with the packet. */
function textAt(bytes: Buffer, start: number): FoundText {
  const end = bytes.indexOf(0, start)
  if (end < 0) return { text: bytes.toString('latin1', start), terminated: false, next: bytes.length }
  return { text: bytes.toString('latin1', start, end), terminated: true, next: end + 1 }
}

/** How many NULs there are, and what follows them. */
function splitPadding(bytes: Buffer): readonly [padding: number, tail: Buffer] {
  const end = bytes.findIndex((byte) => byte !== 0)
  return end < 0 ? [bytes.length, NOTHING] : [end, bytes.subarray(end)]
}

function tailOf(bytes: Buffer): { readonly tail?: Buffer } {
  return bytes.length > 0 ? { tail: bytes } : {}
}

function readText(cursor: Cursor, field: string): string {
  let text = ''
  for (let byte = cursor.u8(field); byte !== 0; byte = cursor.u8(field)) text += String.fromCharCode(byte)
  return text
}

function textsOf(options: readonly TftpOption[]): readonly string[] {
  return options.flatMap(({ name, value }) => [name, value])
}

/** With a NUL between each and the next; the last one's is the caller's. */
function writeTexts(writer: Writer, texts: readonly string[]): void {
  for (const [index, text] of texts.entries()) {
    if (index > 0) writer.u8(0)
    writer.bytes(latin1(text))
  }
}

function latin1(text: string): Buffer {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    if (code === 0 || code > 255) throw new RangeError(`U+${code.toString(16)} cannot be in a TFTP text`)
  }
  return Buffer.from(text, 'latin1')
}
