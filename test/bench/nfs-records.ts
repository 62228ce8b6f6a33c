// Reassembles RPC records (RFC 5531 section 11) for a load generator: keeps what came as it came and copies nothing, since a
// reply of a megabyte is only looked at in its first bytes.

export class RecordReader {
  readonly #onRecord: (parts: readonly Buffer[], bytes: number) => void
  #mark = Buffer.alloc(0)
  /** Bytes of the current fragment that are still to come; undefined between two fragments. */
  #left: number | undefined
  #isLast = false
  #parts: Buffer[] = []
  #bytes = 0

  /** `onRecord` is called with each whole record, without marks. */
  constructor(onRecord: (parts: readonly Buffer[], bytes: number) => void) {
    this.#onRecord = onRecord
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#left === undefined) rest = this.#readMark(rest)
      else rest = this.#readBody(rest, this.#left)
      if (this.#left === 0) this.#endFragment()
    }
  }

  #readMark(bytes: Buffer): Buffer {
    const missing = 4 - this.#mark.length
    this.#mark = Buffer.concat([this.#mark, bytes.subarray(0, missing)])
    if (this.#mark.length < 4) return bytes.subarray(bytes.length)
    const mark = this.#mark.readUInt32BE(0)
    this.#mark = Buffer.alloc(0)
    this.#isLast = mark >= 0x8000_0000
    this.#left = mark & 0x7fff_ffff
    return bytes.subarray(missing)
  }

  #readBody(bytes: Buffer, left: number): Buffer {
    const part = bytes.subarray(0, left)
    this.#parts.push(part)
    this.#bytes += part.length
    this.#left = left - part.length
    return bytes.subarray(part.length)
  }

  #endFragment(): void {
    this.#left = undefined
    if (!this.#isLast) return
    const [parts, bytes] = [this.#parts, this.#bytes]
    this.#parts = []
    this.#bytes = 0
    this.#onRecord(parts, bytes)
  }
}
