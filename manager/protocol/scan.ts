// The look into a file system for what guests could run from: a request and its answer.
import { z } from 'zod'
import { bytes, list, name, path, record, text, word } from './values.ts'

export const IMAGE_FORMATS = ['raw', 'qcow2', 'vhd', 'vmdk'] as const

/** Mounts the file system read-only, by the UUID that the section fileSystems has of it, lists its disk images and unmounts it. */
export const scanFileSystem = record({ kind: z.literal('scan-file-system'), uuid: word(64) })

const diskImage = record({
  /** From the file system's root. */
  path,
  sizeBytes: bytes,
  allocatedBytes: bytes,
  format: z.enum(IMAGE_FORMATS),
})

export const scanned = record({
  kind: z.literal('scanned'),
  /** Name of the device that it was read from. */
  on: name,
  type: word(64),
  sizeBytes: bytes,
  freeBytes: bytes,
  images: list(diskImage, 4096),
  /** Why there may be more; empty: these are all. */
  cut: text(512),
})

export type DiskImage = z.output<typeof diskImage>
export type ImageFormat = DiskImage['format']
export type Scanned = z.output<typeof scanned>
