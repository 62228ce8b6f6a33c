// The request scan-file-system and its answer: which disk images lie on a file system, and how much room there is beside them.
import { z } from 'zod'
import { bytes, list, path, record, word } from '../values.ts'
import { holding } from './holds.ts'
import { long } from './request.ts'

/** Whose options of mount are known to leave a journal alone that another host may be writing. */
export const SCANNED_TYPES = ['ext2', 'ext3', 'ext4', 'xfs', 'vfat'] as const

export const IMAGE_FORMATS = ['qcow2', 'vmdk', 'vhd', 'vhdx', 'raw'] as const

/** Images of one answer: with the longest names these are 4 MB. */
export const MOST_IMAGES = 2048

/** Milliseconds: a host that was asked so long ago looks no more. */
export const SCAN_LIMIT = 600_000
/** Milliseconds of these to unmount, and to answer. */
const ANSWERING = 60_000

export const scannable = z.discriminatedUnion('kind', [
  record({
    kind: z.literal('uuid'),
    /** As blkid has it: letters, digits and dashes, vfat's `78DF-2E1A` too. It names a folder. */
    uuid: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/, 'is no UUID of a file system'),
  }),
  /** One that the host has mounted already. */
  record({ kind: z.literal('nfs'), server: word(256), export: path, address: word(64).exactOptional() }),
])

const image = record({
  /** Below the root of the file system. */
  path: word(512),
  sizeBytes: bytes,
  /** What it takes on the disk. */
  allocatedBytes: bytes,
  format: z.enum(IMAGE_FORMATS),
})

/** The images that lie on it. Mounted for this read-only and unmounted after, or read where the host has it mounted. */
export const scanFileSystem = long({
  since: 3,
  body: record({ kind: z.literal('scan-file-system'), fileSystem: scannable }),
  answer: record({
    kind: z.literal('file-system-scanned'),
    sizeBytes: bytes,
    freeBytes: bytes,
    images: list(image, MOST_IMAGES),
    /** What was not looked at, and why; none: this is all. */
    leftOut: list(word(512), 16),
  }),
  changes: 'nothing',
  pace: 'long',
  yields: 'to urgent',
  /** One after the other: a scan takes away what one before it has left mounted. */
  holds: ({ fileSystem }) => [
    ...holding('write', { kind: 'only', name: 'scans' }),
    ...(fileSystem.kind === 'uuid' ? holding('read', { kind: 'disk', name: fileSystem.uuid }) : []),
  ],
  limit: SCAN_LIMIT - ANSWERING,
})

export type Scannable = z.output<typeof scannable>
export type DiskImage = z.output<typeof image>

/** Each under its own kind. */
export const scanFileSystemRequests = {
  'scan-file-system': scanFileSystem,
} as const
