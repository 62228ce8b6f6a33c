// What of a disk differs between two hosts, found by content: SHA-256 of each MiB, cut to 16 bytes, and of each 4 KiB of those MiBs that
// differ. Blocks of zeros are flagged, and have no hash. Nothing is believed of bitmaps or of what was there before, so it is right after
// any crash, and for whatever the target happens to hold. It costs 17 bytes for each MiB, and 16 for each block of a MiB that differs.
// 128 bits: who could make two blocks of one hash has written both, and harms the guest whose disk it is. Pure.
import { createHash } from 'node:crypto'

export const MIB = 1 << 20
export const BLOCK = 4096
export const BLOCKS = MIB / BLOCK
export const HASH = 16

/** Undefined: nothing but zeros. */
export type Sum = Buffer | undefined

const ZEROS = Buffer.alloc(MIB)

export function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length))
}

export function sumOf(bytes: Buffer): Sum {
  return isZero(bytes) ? undefined : createHash('sha256').update(bytes).digest().subarray(0, HASH)
}

export function isSame(one: Sum, other: Sum): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other)
}

/** MiBs of a disk; the last may be shorter. */
export function mebibytesOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / MIB)
}

export function lengthOf(sizeBytes: number, index: number): number {
  return Math.min(MIB, sizeBytes - index * MIB)
}

/** Of a MiB or what there is of it, block by block. */
export function blockSums(bytes: Buffer): readonly Sum[] {
  return Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, block) => sumOf(blockOf(bytes, block)))
}

/** A block that is told to the other end: zeros, or its bytes. */
export interface Told {
  readonly block: number
  /** Undefined: zeros. */
  readonly bytes: Buffer | undefined
}

/** What of these bytes differs from what has those sums; none of them: the other end has zeros. */
export function differing(bytes: Buffer, sums: readonly Sum[]): readonly Told[] {
  const told: Told[] = []
  for (let block = 0; block * BLOCK < bytes.length; block += 1) {
    const own = blockOf(bytes, block)
    const sum = sums[block]
    if (isZero(own)) {
      if (sum !== undefined) told.push({ block, bytes: undefined })
    } else if (sum === undefined || !isSame(sumOf(own), sum)) told.push({ block, bytes: own })
  }
  return told
}

export interface Write {
  readonly at: number
  readonly bytes: Buffer
}

/** Blocks that stand beside each other as one. `length`: of the MiB. */
export function writesOf(told: readonly Told[], length: number): readonly Write[] {
  const runs: { readonly block: number; readonly parts: Buffer[] }[] = []
  for (const { block, bytes } of told) {
    const part = bytes ?? ZEROS.subarray(0, Math.min(BLOCK, length - block * BLOCK))
    const last = runs.at(-1)
    if (last && last.block + last.parts.length === block) last.parts.push(part)
    else runs.push({ block, parts: [part] })
  }
  return runs.map(({ block, parts }) => ({ at: block * BLOCK, bytes: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts) }))
}

function blockOf(bytes: Buffer, block: number): Buffer {
  return bytes.subarray(block * BLOCK, (block + 1) * BLOCK)
}
