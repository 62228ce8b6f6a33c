// A raw disk as the blocks of it that are not all zero.
import type { FileHandle } from 'node:fs/promises'
import { readExactly } from '../../../images/store/files.ts'
import { BLOCK_BYTES } from '../../protocol/disk-image.ts'
import { blockLength } from '../block-list.ts'
import { CALLED_OFF, UnfitImage } from '../unfit.ts'
import type { Block } from './folder.ts'

const ZERO = Buffer.alloc(BLOCK_BYTES)

/** Throws UnfitImage when the file changes meanwhile. `onProgress`: bytes that were looked at. */
export async function* rawBlocks(handle: FileHandle, signal: AbortSignal, onProgress: (done: number) => void): AsyncGenerator<Block> {
  const before = await handle.stat({ bigint: true })
  const sizeBytes = Number(before.size)
  for (let at = 0; at * BLOCK_BYTES < sizeBytes; at++) {
    if (signal.aborted) throw new Error(CALLED_OFF)
    const length = blockLength(sizeBytes, at)
    const bytes = await readExactly(handle, at * BLOCK_BYTES, length).catch(() => {
      throw new UnfitImage(CHANGED)
    })
    if (!bytes.equals(ZERO.subarray(0, length))) yield { at, bytes }
    onProgress(at * BLOCK_BYTES + length)
  }
  const after = await handle.stat({ bigint: true })
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || after.ctimeNs !== before.ctimeNs) throw new UnfitImage(CHANGED)
}

const CHANGED = 'it was changed while it was read: nothing may write to it meanwhile, not even a guest'
