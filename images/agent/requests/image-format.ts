// What a file is as a guest's disk, by its first bytes; where these say nothing, by its name. Pure.
import type { DiskImage } from '../../../manager/protocol/requests/scan-file-system.ts'

/** Enough for the header of a GPT behind the MBR's sector. */
export const HEAD_BYTES = 520
/** Below this there is no image: an empty qcow2 has 192 KiB, a VMDK's grain 64 KiB. */
export const SMALLEST = 64 << 10

const SECTOR = 512
const RAW_NAME = /\.(img|raw)$/i
const IMAGE_NAME = /\.(img|raw|qcow2?|vmdk|vhdx?|vpc)$/i

interface Sized {
  readonly path: string
  readonly sizeBytes: number
}

/** A disk is of whole sectors; the other formats need not be, and then have their names. */
export function isLikely({ path, sizeBytes }: Sized): boolean {
  return sizeBytes >= SMALLEST && (sizeBytes % SECTOR === 0 || IMAGE_NAME.test(path))
}

export function formatOf({ path, sizeBytes }: Sized, head: Uint8Array): DiskImage['format'] | undefined {
  // QEMU: docs/interop/qcow2.rst. Version 1 has other headers, and 2 and 3 are both called qcow2.
  if (startsWith(head, 'QFI\xfb') && head[7] !== 1) return 'qcow2'
  if (startsWith(head, 'KDMV') || startsWith(head, '# Disk DescriptorFile')) return 'vmdk'
  if (startsWith(head, 'vhdxfile')) return 'vhdx'
  // A dynamic one; the footer of a fixed one is at its end, so that its name has to do.
  if (startsWith(head, 'conectix') || /\.(vhd|vpc)$/i.test(path)) return 'vhd'
  if (sizeBytes % SECTOR !== 0) return undefined
  return RAW_NAME.test(path) || isPartitioned(head) ? 'raw' : undefined
}

/** GPT's signature, or MBR's with partition entries as they must be: a boot sector of a file system has other bytes there. */
function isPartitioned(head: Uint8Array): boolean {
  if (startsWith(head.subarray(SECTOR), 'EFI PART')) return true
  if (head[510] !== 0x55 || head[511] !== 0xaa) return false
  const entries = [446, 462, 478, 494].map((at) => ({ status: head[at], type: head[at + 4] }))
  return entries.every(({ status }) => status === 0 || status === 0x80) && entries.some(({ type }) => type !== 0)
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text
}
