// The disk under the image store: opening what a user names, hashing, and writes that survive a power cut.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { TarSource } from '../tar.ts'

/** Hashed in pieces of this many bytes, so that an appliance that loads an image goes on serving. */
const PIECE = 256 << 10

export type Opened =
  | { readonly kind: 'opened'; readonly handle: FileHandle; readonly size: number }
  | { readonly kind: 'refused'; readonly reason: string }

/** Opens a regular file of 1 to `maximum` bytes; devices, FIFOs and directories are refused without touching them. */
export async function openRegular(path: string, maximum: number): Promise<Opened> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return {
      kind: 'refused',
      reason: `${path}: ${codeOf(error) === 'ENOENT' ? 'there is no such file' : `cannot be opened (${codeOf(error)})`}`,
    }
  }
  const status = await handle.stat()
  const fault = !status.isFile()
    ? 'it is no regular file'
    : status.size === 0
      ? 'it is empty'
      : status.size > maximum
        ? `it has ${status.size} bytes, more than the ${maximum} allowed`
        : undefined
  if (fault === undefined) return { kind: 'opened', handle, size: status.size }
  await handle.close()
  return { kind: 'refused', reason: `${path}: ${fault}` }
}

/** Reads of an open tar. They reject when the file became shorter. */
export function tarSource(handle: FileHandle, size: number): TarSource {
  return { size, read: (position, length) => readExactly(handle, position, length) }
}

/** Exactly `length` bytes at `position`. Throws when the file has fewer. */
export async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done)
    if (bytesRead === 0) throw new Error(`the file ends at byte ${position + done}: ${length} bytes at ${position} were wanted`)
    done += bytesRead
  }
  return bytes
}

/** The whole file, if it is a regular one of at most `maximum` bytes; undefined else. */
export async function readSmall(path: string, maximum: number): Promise<Buffer | undefined> {
  const opened = await openRegular(path, maximum)
  if (opened.kind === 'refused') return undefined
  try {
    return await readExactly(opened.handle, 0, opened.size)
  } finally {
    await opened.handle.close()
  }
}

/** SHA-256 in hex, and the number of bytes it covers. */
export async function hashOf(path: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const handle = await open(path, 'r')
  try {
    return await hashOpened(handle)
  } finally {
    await handle.close()
  }
}

/** The same of a file that is open already. */
export async function hashOpened(handle: FileHandle): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(PIECE)
  let size = 0
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, PIECE, size)
    if (bytesRead === 0) return { sha256: hash.digest('hex'), size }
    hash.update(piece.subarray(0, bytesRead))
    size += bytesRead
  }
}

/** Content and name of a file, or the names in a directory, are on disk when it resolves. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** `ENOENT` and its like; the text of any other error. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.message
  return String(error)
}
