// What a guest's disk begins with, as a manager gives it to its hosts: a list of the blocks that are not all zero, each with its hash, and
// those blocks. The hash of the list is the image's id, so that whoever has the id can check each block by itself. Pure.
import { z } from 'zod'
import { bytes, count, list, record, sha256 } from './values.ts'

/** SHA-256 of the list's bytes as they are served. */
export const imageId = sha256

/** Bytes of a block; the last one of an image may be shorter. */
export const BLOCK_BYTES = 1 << 20

/** Blocks that are not zero: 256 GiB. */
export const MOST_BLOCKS = 1 << 18

/** Bytes of a list with so many. */
export const MAX_LIST_BYTES = 24 << 20

/** In the order of their place, each place once. */
export const blockList = record({
  kind: z.literal('hostless-disk'),
  sizeBytes: bytes,
  /** `at`: the number of the block, which begins at `at` × BLOCK_BYTES. */
  blocks: list(record({ at: count.max(2 ** 33), sha256 }), MOST_BLOCKS),
})

export type BlockList = z.output<typeof blockList>

/** On the manager's listener, for hosts that it trusts: the list, JSON. */
export function listPath(id: string): string {
  return `/agent/disk-images/${id}/blocks`
}

/** The blocks themselves from the `from`th of the list on, one after the other and nothing between them. */
export function contentPath(id: string, from: number): string {
  return `/agent/disk-images/${id}/content?from=${from}`
}
