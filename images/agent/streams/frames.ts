// What goes over the link of two relays: frames of bytes of xl's stream, from S to T, and of notes, both ways. Kind (1 octet), length of
// what follows (4 octets, big-endian), the octets. A data frame may be of any length; what has come of it is passed on at once. Pure.

export const HEADER = 5
const DATA = 1
const NOTE = 2
const LONGEST_NOTE = 4096

export type Frame = { readonly kind: 'data'; readonly octets: Buffer } | { readonly kind: 'note'; readonly text: string }

export function dataHeader(length: number): Buffer {
  return header(DATA, length)
}

export function encodeNote(text: string): Buffer {
  const octets = Buffer.from(text, 'utf8')
  return Buffer.concat([header(NOTE, octets.length), octets])
}

/** The other end sends what no relay sends. */
export class FrameError extends Error {}

/** Takes octets as they come. Throws a FrameError, and is of no use after that. */
export class FrameReader {
  #kind = 0
  /** Of the frame that has begun, still to come. */
  #left = 0
  /** Of a header or a note that is not whole. */
  #part: Buffer = Buffer.alloc(0)

  read(octets: Buffer): readonly Frame[] {
    const frames: Frame[] = []
    let rest = octets
    while (rest.length > 0) {
      if (this.#kind === DATA) {
        const piece = rest.subarray(0, this.#left)
        frames.push({ kind: 'data', octets: piece })
        this.#left -= piece.length
        rest = rest.subarray(piece.length)
        if (this.#left === 0) this.#kind = 0
        continue
      }
      const wanted = this.#kind === NOTE ? this.#left : HEADER
      const piece = rest.subarray(0, wanted - this.#part.length)
      this.#part = Buffer.concat([this.#part, piece])
      rest = rest.subarray(piece.length)
      if (this.#part.length < wanted) break
      const whole = this.#part
      this.#part = Buffer.alloc(0)
      if (this.#kind === NOTE) {
        this.#kind = 0
        frames.push({ kind: 'note', text: whole.toString('utf8') })
      } else this.#begin(whole.readUInt8(0), whole.readUInt32BE(1))
    }
    return frames
  }

  #begin(kind: number, length: number): void {
    if (kind !== DATA && kind !== NOTE) throw new FrameError(`a frame of kind ${kind}`)
    if (length === 0 || (kind === NOTE && length > LONGEST_NOTE)) throw new FrameError(`a frame of ${length} octets`)
    this.#kind = kind
    this.#left = length
  }
}

function header(kind: number, length: number): Buffer {
  const octets = Buffer.alloc(HEADER)
  octets.writeUInt8(kind, 0)
  octets.writeUInt32BE(length, 1)
  return octets
}
