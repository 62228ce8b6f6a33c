// The list of an image's blocks as an agent holds it: checked against the image's id, and small, as an image may have many. Pure.
import { createHash } from 'node:crypto'
import { BLOCK_BYTES, blockList } from '../../../manager/protocol/disk-image.ts'

export interface Blocks {
  readonly count: number
  readonly sizeBytes: number
  /** Where on the disk the block of this number is. */
  at(index: number): number
  /** Bytes: the last block of an image may be shorter. */
  length(index: number): number
  isRight(index: number, bytes: Uint8Array): boolean
}

export type ReadBlocks = { readonly kind: 'blocks'; readonly blocks: Blocks } | { readonly kind: 'wrong'; readonly reason: string }

/** `bytes`: the list as it was served. */
export function readBlocks(id: string, bytes: Uint8Array): ReadBlocks {
  const hash = createHash('sha256').update(bytes).digest('hex')
  if (hash !== id) return wrong(`its SHA-256 is ${hash}`)
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return wrong('it is no JSON')
  }
  const read = blockList.safeParse(json)
  if (!read.success) return wrong(read.error.issues[0]?.message ?? 'it has not the form of one')
  const { sizeBytes, blocks } = read.data
  const beyond = blocks.find(({ at }) => at * BLOCK_BYTES >= sizeBytes)
  if (beyond) return wrong(`block ${beyond.at} lies behind its end at ${sizeBytes} bytes`)
  if (blocks.some(({ at }, index) => index > 0 && at <= (blocks[index - 1]?.at ?? at))) return wrong('its blocks are not in order')
  return { kind: 'blocks', blocks: packed(sizeBytes, blocks) }
}

const HASH_BYTES = 32

function packed(sizeBytes: number, blocks: readonly { readonly at: number; readonly sha256: string }[]): Blocks {
  const places = Float64Array.from(blocks, ({ at }) => at * BLOCK_BYTES)
  const hashes = Buffer.alloc(blocks.length * HASH_BYTES)
  for (const [index, { sha256 }] of blocks.entries()) hashes.write(sha256, index * HASH_BYTES, 'hex')
  const at = (index: number): number => places[index] ?? 0
  return {
    count: blocks.length,
    sizeBytes,
    at,
    length: (index) => Math.min(BLOCK_BYTES, sizeBytes - at(index)),
    isRight: (index, bytes) =>
      createHash('sha256')
        .update(bytes)
        .digest()
        .equals(hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
  }
}

function wrong(reason: string): ReadBlocks {
  return { kind: 'wrong', reason }
}
