// Follows a guest's log, which grows, and is cut at its beginning from time to time: what was read last is looked for in what is left.
// It holds a few hundred bytes, whatever the guest says.

/** Where logs are read. */
export interface Logs {
  /** `size`: of the whole file, as it is then. */
  read(path: string, from: number, most: number): Promise<LogPart>
}

export type LogPart =
  | { readonly kind: 'read'; readonly octets: Uint8Array; readonly size: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly reason: string }

export interface Piece {
  readonly octets: Uint8Array
  /** There was nothing more when it was read. */
  readonly live: boolean
  /** Something before it is lost. */
  readonly skipped: boolean
}

const NOTHING: Piece = { octets: new Uint8Array(), live: true, skipped: false }
/** Bytes that are looked for after a cut. */
const ANCHOR = 256
/** keep-consoles leaves 256 KiB, and cuts at twice that. */
const LONGEST = 1 << 20

export class Tail {
  readonly #logs: Logs
  readonly #path: string
  readonly #back: number
  /** Undefined: nothing was read yet. */
  #at: number | undefined
  #anchor: Buffer = Buffer.alloc(0)
  /** It was seen shorter than it was: who cuts it may still be writing. */
  #isCut = false

  /** `back`: so many bytes of what is there already. */
  constructor(logs: Logs, path: string, back: number) {
    this.#logs = logs
    this.#path = path
    this.#back = back
  }

  /** Rejects never; a log that is not there yet says nothing. */
  async next(most: number): Promise<Piece | { readonly unreadable: string }> {
    if (this.#at === undefined) {
      const begun = await this.#logs.read(this.#path, 0, 0)
      if (begun.kind === 'unreadable') return { unreadable: begun.reason }
      if (begun.kind === 'missing') return NOTHING
      this.#at = Math.max(0, begun.size - this.#back)
    }
    if (this.#isCut) return this.#afterCut()
    const at = this.#at
    const part = await this.#logs.read(this.#path, at - this.#anchor.length, this.#anchor.length + most)
    if (part.kind === 'unreadable') return { unreadable: part.reason }
    if (part.kind === 'missing') {
      this.#take(0, new Uint8Array())
      return NOTHING
    }
    const before = part.octets.subarray(0, this.#anchor.length)
    if (part.size < at || !this.#anchor.equals(before)) {
      this.#isCut = true
      return { ...NOTHING, live: false }
    }
    const octets = part.octets.subarray(this.#anchor.length)
    this.#take(at + octets.length, octets)
    return { octets, live: at + octets.length >= part.size, skipped: false }
  }

  async #afterCut(): Promise<Piece | { readonly unreadable: string }> {
    this.#isCut = false
    const left = await this.#logs.read(this.#path, 0, LONGEST)
    if (left.kind === 'unreadable') return { unreadable: left.reason }
    const content = left.kind === 'read' ? Buffer.from(left.octets) : Buffer.alloc(0)
    // A few bytes stand in many places.
    const found = this.#anchor.length < ANCHOR ? -1 : content.lastIndexOf(this.#anchor)
    // What was read last is gone with the rest: from the end on it is certain that nothing is said twice.
    const at = found < 0 ? content.length : found + this.#anchor.length
    this.#at = at
    if (found < 0) this.#anchor = Buffer.from(content.subarray(Math.max(0, at - ANCHOR)))
    return { octets: new Uint8Array(), live: false, skipped: found < 0 }
  }

  #take(at: number, octets: Uint8Array): void {
    this.#at = at
    this.#anchor = at === 0 ? Buffer.alloc(0) : Buffer.concat([this.#anchor, octets]).subarray(-ANCHOR)
  }
}
