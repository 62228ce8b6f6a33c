// The end of what a console has said: readers go on from where they were, and who is too slow has missed what is gone.

export class Ring {
  readonly #most: number
  #pieces: Buffer[] = []
  #start = 0
  #end = 0

  /** Bytes that it holds. */
  constructor(most: number) {
    this.#most = most
  }

  get start(): number {
    return this.#start
  }

  get end(): number {
    return this.#end
  }

  push(octets: Buffer): void {
    if (octets.length === 0) return
    this.#pieces.push(octets)
    this.#end += octets.length
    while (this.#end - this.#start > this.#most) this.#shorten(this.#end - this.#start - this.#most)
  }

  /** From `from` on, or from its start where that is gone: at most `most` bytes. */
  read(from: number, most: number): { readonly at: number; readonly octets: Buffer } {
    const at = Math.max(from, this.#start)
    const found: Buffer[] = []
    let [offset, left] = [this.#start, most]
    for (const piece of this.#pieces) {
      const part = piece.subarray(Math.max(0, at - offset)).subarray(0, left)
      if (offset + piece.length > at && part.length > 0) found.push(part)
      left -= offset + piece.length > at ? part.length : 0
      offset += piece.length
      if (left <= 0) break
    }
    return { at, octets: Buffer.concat(found) }
  }

  #shorten(bytes: number): void {
    const [first = Buffer.alloc(0)] = this.#pieces
    if (first.length <= bytes) this.#pieces.shift()
    else this.#pieces[0] = first.subarray(bytes)
    this.#start += Math.min(bytes, first.length)
  }
}
