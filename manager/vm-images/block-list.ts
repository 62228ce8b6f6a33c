// The list of an image's blocks as bytes, which its id is the hash of, and where in its content a block begins. Pure.
import { createHash } from 'node:crypto'
import { BLOCK_BYTES, type BlockList, blockList } from '../protocol/disk-image.ts'

export interface NamedList {
  readonly id: string
  readonly bytes: Buffer
}

export function encodeBlockList(list: BlockList): NamedList {
  const bytes = Buffer.from(JSON.stringify(list))
  return { id: sha256(bytes), bytes }
}

/** Undefined: it is none. */
export function decodeBlockList(bytes: Buffer): BlockList | undefined {
  try {
    return blockList.safeParse(JSON.parse(bytes.toString('utf8'))).data
  } catch {
    return undefined
  }
}

/** Bytes of the block with this number; only the last one of an image is shorter. */
export function blockLength(sizeBytes: number, at: number): number {
  return Math.min(BLOCK_BYTES, sizeBytes - at * BLOCK_BYTES)
}

/** Where the `from`th block of the list begins in the content; all before the last are whole. */
export function contentOffset(keptBytes: number, from: number): number {
  return Math.min(keptBytes, from * BLOCK_BYTES)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
