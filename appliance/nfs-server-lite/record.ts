// Record marking (RFC 5531 section 11): reassembles the records of a TCP stream.
// Memory follows the bytes received, never the length that a fragment claims.

export interface RecordLimits {
  /** Bytes of a whole record. */
  readonly recordBytes: number
  /** Fragments of one record, empty ones included. */
  readonly fragments: number
}

export interface RecordState {
  /** Received, but not yet a whole fragment: its mark included. */
  readonly unread: Buffer
  /** The fragments of the current record so far. */
  readonly parts: readonly Buffer[]
  readonly partsBytes: number
}

export interface RecordStep {
  readonly state: RecordState
  /** Whole records, in order; views of the chunk where they can be. */
  readonly records: readonly Buffer[]
  /** Why the stream cannot be read any further. */
  readonly problem?: string
}

const NOTHING = Buffer.alloc(0)
export const NO_RECORD: RecordState = { unread: NOTHING, parts: [], partsBytes: 0 }

/** A record has begun and is not complete. */
export function isHalfRecord(state: RecordState): boolean {
  return state.unread.length > 0 || state.parts.length > 0
}

/** Takes the next bytes of a stream. After a problem the stream is to be closed. */
export function stepRecords(before: RecordState, chunk: Buffer, limits: RecordLimits): RecordStep {
  const bytes = before.unread.length > 0 ? Buffer.concat([before.unread, chunk]) : chunk
  const records: Buffer[] = []
  let { parts, partsBytes } = before
  let offset = 0
  while (bytes.length - offset >= 4) {
    const mark = bytes.readUInt32BE(offset)
    const length = mark & 0x7fff_ffff
    if (partsBytes + length > limits.recordBytes) {
      const problem = `a record of ${partsBytes + length} bytes or more, at most ${limits.recordBytes} are allowed`
      return { state: NO_RECORD, records, problem }
    }
    if (bytes.length - offset - 4 < length) break
    const fragment = bytes.subarray(offset + 4, offset + 4 + length)
    offset += 4 + length
    if (mark >= 0x8000_0000) {
      records.push(parts.length === 0 ? fragment : Buffer.concat([...parts, fragment]))
      parts = []
      partsBytes = 0
    } else {
      if (parts.length + 1 >= limits.fragments) {
        return { state: NO_RECORD, records, problem: `a record of more than ${limits.fragments} fragments` }
      }
      // A copy, for the view would keep the whole chunk in memory.
      parts = [...parts, Buffer.from(fragment)]
      partsBytes += length
    }
  }
  if (offset === bytes.length && parts.length === 0) return { state: NO_RECORD, records }
  return { state: { unread: Buffer.from(bytes.subarray(offset)), parts, partsBytes }, records }
}
