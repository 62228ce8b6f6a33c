// Reads and writes network byte order. Every codec reads through one Cursor, so a
// truncated or oversized field is a WireError that names the field, never a crash.

/** Bytes that do not hold what the protocol promises. `offset` is in bytes from the start of the packet. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly field: string
  readonly offset: number

  constructor(field: string, offset: number, problem: string) {
    super(`${field} at byte ${offset}: ${problem}`)
    this.field = field
    this.offset = offset
  }
}

/** A bounds-checked reader. Slices share memory with the input: copy what outlives the packet. */
export class Cursor {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  u8(field: string): number {
    return this.#bytes.readUInt8(this.#take(1, field))
  }

  u16(field: string): number {
    return this.#bytes.readUInt16BE(this.#take(2, field))
  }

  u32(field: string): number {
    return this.#bytes.readUInt32BE(this.#take(4, field))
  }

  u64(field: string): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8, field))
  }

  /** The next `length` bytes, as a view. */
  bytes(length: number, field: string): Buffer {
    const start = this.#take(length, field)
    return this.#bytes.subarray(start, start + length)
  }

  /** All bytes that are left, as a view. */
  rest(): Buffer {
    return this.bytes(this.remaining, 'rest')
  }

  /** To be called once, when a record has been read: anything left over is an error. */
  end(field: string): void {
    if (this.remaining > 0) this.fail(field, `${this.remaining} bytes left over`)
  }

  fail(field: string, problem: string): never {
    throw new WireError(field, this.#offset, problem)
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) this.fail(field, `${length} bytes wanted, ${this.remaining} left`)
    const start = this.#offset
    this.#offset += length
    return start
  }
}

/** A growing buffer for encoders. */
export class Writer {
  #bytes: Buffer
  #length = 0

  constructor(capacity = 512) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    const at = this.#grow(1)
    this.#bytes.writeUInt8(value, at)
    return this
  }

  u16(value: number): this {
    const at = this.#grow(2)
    this.#bytes.writeUInt16BE(value, at)
    return this
  }

  u32(value: number): this {
    const at = this.#grow(4)
    this.#bytes.writeUInt32BE(value, at)
    return this
  }

  u64(value: bigint): this {
    const at = this.#grow(8)
    this.#bytes.writeBigUInt64BE(value, at)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#grow(value.length)
    this.#bytes.set(value, at)
    return this
  }

  zeros(count: number): this {
    const start = this.#grow(count)
    this.#bytes.fill(0, start, start + count)
    return this
  }

  /** What was written, as a view that later writes may move away from. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(count: number): number {
    const start = this.#length
    const needed = start + count
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, start)
      this.#bytes = grown
    }
    this.#length = needed
    return start
  }
}
