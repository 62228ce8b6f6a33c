// A file that comes in pieces, in a folder of its own: with holes where nothing came, gone after a crash.
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageFolder } from './folder.ts'

export class StagedFile {
  readonly path: string
  readonly workFolder: string
  readonly #handle: FileHandle
  readonly #folder: ImageFolder
  /** Where a piece begins → its bytes. */
  readonly #pieces = new Map<number, number>()
  #received = 0

  private constructor(handle: FileHandle, folder: ImageFolder, workFolder: string, path: string) {
    this.#handle = handle
    this.#folder = folder
    this.workFolder = workFolder
    this.path = path
  }

  static async create(folder: ImageFolder, sizeBytes: number): Promise<StagedFile> {
    const workFolder = await folder.workFolder()
    const path = join(workFolder, 'source')
    const handle = await open(path, 'wx', 0o600)
    await handle.truncate(sizeBytes)
    return new StagedFile(handle, folder, workFolder, path)
  }

  get received(): number {
    return this.#received
  }

  /** Pieces that are kept in mind, each with its place. */
  get pieces(): number {
    return this.#pieces.size
  }

  /** A piece that came before counts once. Throws UnfitImage when there is no room. */
  async write(at: number, bytes: Uint8Array): Promise<void> {
    await this.#folder.checkRoom(bytes.length)
    await this.#handle.write(bytes, 0, bytes.length, at)
    this.#received += bytes.length - (this.#pieces.get(at) ?? 0)
    this.#pieces.set(at, bytes.length)
  }

  /** Nothing is written to it any more. */
  async close(): Promise<void> {
    await this.#handle.close()
  }

  async discard(): Promise<void> {
    await this.#handle.close()
    await rm(this.workFolder, { recursive: true, force: true })
  }
}
