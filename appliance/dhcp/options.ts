// The option areas of a DHCP packet: RFC 2132 section 2, long options by RFC 3396, overload by RFC 2132 section 9.3.
import { WireError, type Writer } from '../wire/cursor.ts'
import { OPTION } from './codes.ts'

/** One option. Repeats of a code are one option already (RFC 3396), so data may be longer than 255 bytes. */
export interface DhcpOption {
  readonly code: number
  readonly data: Buffer
}

const PAD = 0
const END = 255
const LONGEST = 255

export interface OptionArea {
  /** In wire order, repeats still apart. */
  readonly options: readonly DhcpOption[]
  /** The last option, where the area ends before it does; nothing of it is among `options`. */
  readonly cut: WireError | undefined
}

/**
 * What one area holds, as views. An area that ends without END is accepted, and one that ends inside an option costs that option. It is
 * read by hand: a Cursor would have a name made for each field of each option.
 */
export function readArea(bytes: Buffer, field: string): OptionArea {
  const options: DhcpOption[] = []
  const cutAt = (offset: number, name: string, wanted: number): OptionArea => {
    return { options, cut: new WireError(name, offset, `${wanted} bytes wanted, ${bytes.length - offset} left`) }
  }
  for (let offset = 0; offset < bytes.length; ) {
    const code = bytes[offset] ?? END
    offset += 1
    if (code === PAD) continue
    if (code === END) break
    const length = bytes[offset]
    if (length === undefined) return cutAt(offset, `${field} ${code} length`, 1)
    offset += 1
    if (offset + length > bytes.length) return cutAt(offset, `${field} ${code}`, length)
    options.push({ code, data: bytes.subarray(offset, offset + length) })
    offset += length
  }
  return { options, cut: undefined }
}

/** Concatenates the parts of each option, at the place of its first part (RFC 3396 section 7). */
export function joinParts(parts: readonly DhcpOption[]): readonly DhcpOption[] {
  const joined = new Map<number, DhcpOption>()
  for (const part of parts) {
    const before = joined.get(part.code)
    joined.set(part.code, before ? { code: part.code, data: Buffer.concat([before.data, part.data]) } : part)
  }
  return [...joined.values()]
}

/** Which of `file` (bit 1) and `sname` (bit 2) hold options, by option 52; nothing when it is absent or nonsense. */
export function overloadOf(parts: readonly DhcpOption[]): { readonly file: boolean; readonly sname: boolean } {
  const option = parts.find(({ code }) => code === OPTION.overload)
  const value = option?.data.length === 1 ? (option.data[0] ?? 0) : 0
  return { file: value === 1 || value === 3, sname: value === 2 || value === 3 }
}

/**
 * Writes an option area with its END: message type first, relay agent information last (RFC 3046 section 2.2), the
 * others in their order; data longer than 255 bytes in parts. Throws RangeError on a code that cannot be written.
 */
export function writeOptions(writer: Writer, options: readonly DhcpOption[]): void {
  for (const { code, data } of canonicalOrder(options)) {
    if (code <= PAD || code >= END || code === OPTION.overload) throw new RangeError(`option ${code} cannot be written`)
    let offset = 0
    do {
      const part = data.subarray(offset, offset + LONGEST)
      writer.u8(code).u8(part.length).bytes(part)
      offset += LONGEST
    } while (offset < data.length)
  }
  writer.u8(END)
}

/** Bytes that writeOptions writes. */
export function optionsLength(options: readonly DhcpOption[]): number {
  return options.reduce((sum, { data }) => sum + data.length + 2 * Math.max(1, Math.ceil(data.length / LONGEST)), 1)
}

function canonicalOrder(options: readonly DhcpOption[]): readonly DhcpOption[] {
  const rank = ({ code }: DhcpOption) => (code === OPTION.messageType ? 0 : code === OPTION.relayAgentInformation ? 2 : 1)
  return options.toSorted((left, right) => rank(left) - rank(right))
}
