// Files that many read at the same time, each opened and read once for all of them: a rack that is switched on asks for the same loader,
// kernel and initrd. Bounded: the piece that was longest not asked for goes first, and all of a file when nobody has it open.
import type { OpenedFile } from './files.ts'

/** Bytes that are read at once. */
const PIECE = 256 * 1024
/** Of all files: 32 MiB. */
const MOST_PIECES = 128

interface Shared {
  readonly file: OpenedFile
  users: number
}

interface Piece {
  readonly owner: Shared
  readonly bytes: Promise<Buffer>
}

export class SharedFiles {
  readonly #most: number
  readonly #files = new Map<string, Shared>()
  /** By file and number; the one asked for last stands last. */
  readonly #pieces = new Map<string, Piece>()

  constructor(most: number = MOST_PIECES) {
    this.#most = most
  }

  /** As one of many that have it open. The file that is given may be closed for one that is the same, and was opened before. */
  async share(file: OpenedFile): Promise<OpenedFile> {
    const { identity, size } = file
    const known = this.#files.get(identity)
    const shared = known ?? { file, users: 0 }
    if (!known) this.#files.set(identity, shared)
    shared.users += 1
    if (known) await file.close()
    let isOpen = true
    return {
      kind: 'file',
      identity,
      size,
      read: (position, length) => this.#read(shared, position, length),
      close: async () => {
        if (!isOpen) return
        isOpen = false
        await this.#leave(shared)
      },
    }
  }

  async #read(shared: Shared, position: number, length: number): Promise<Buffer> {
    const [first, last] = [Math.floor(position / PIECE), Math.floor(Math.max(position, position + length - 1) / PIECE)]
    const pieces: Buffer[] = []
    for (let number = first; number <= last; number += 1) pieces.push(await this.#piece(shared, number))
    // Who reads one piece will want the next: it is there by then.
    if ((last + 1) * PIECE < shared.file.size) this.#piece(shared, last + 1).catch(() => undefined)
    const start = position - first * PIECE
    const [only] = pieces
    return (pieces.length === 1 && only ? only : Buffer.concat(pieces)).subarray(start, start + length)
  }

  #piece(shared: Shared, number: number): Promise<Buffer> {
    const { file } = shared
    const key = `${file.identity} ${number}`
    const known = this.#pieces.get(key)
    const start = number * PIECE
    const piece = known ?? { owner: shared, bytes: file.read(start, Math.min(PIECE, file.size - start)) }
    this.#pieces.delete(key)
    this.#pieces.set(key, piece)
    if (!known) {
      piece.bytes.catch(() => this.#pieces.get(key) === piece && this.#pieces.delete(key))
      const [oldest] = this.#pieces.keys()
      if (oldest !== undefined && this.#pieces.size > this.#most) this.#pieces.delete(oldest)
    }
    return piece.bytes
  }

  async #leave(shared: Shared): Promise<void> {
    shared.users -= 1
    if (shared.users > 0) return
    this.#files.delete(shared.file.identity)
    for (const [key, { owner }] of this.#pieces) if (owner === shared) this.#pieces.delete(key)
    await shared.file.close()
  }
}
