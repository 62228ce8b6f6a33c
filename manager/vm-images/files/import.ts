// From a file, raw or qcow2, to an image that is kept.
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { readExactly } from '../../../images/store/files.ts'
import { decodeQcow2, faultOf, formatOf, HEAD_BYTES, tooLarge } from '../formats.ts'
import { UnfitImage } from '../unfit.ts'
import type { ImageFacts, ImageFolder } from './folder.ts'
import { checkQcow2, convertToRaw } from './qemu-img.ts'
import { rawBlocks } from './raw.ts'

export interface ImportOptions {
  readonly folder: ImageFolder
  /** Of the caller, who takes it away afterwards: what is made on the way goes there. */
  readonly workFolder: string
  /** Left out: by its first bytes. */
  readonly format?: SourceFormat | undefined
  readonly mostBytes: number
  readonly signal: AbortSignal
  readonly onProgress: (done: number, of: number) => void
}

export type SourceFormat = 'raw' | 'qcow2'

export interface Imported extends ImageFacts {
  readonly format: SourceFormat
}

/** Disks are counted in sectors. */
const SECTOR = 512

/** Throws UnfitImage when it becomes none; nothing is kept then. */
export async function importFile(path: string, options: ImportOptions): Promise<Imported> {
  const source = await open(path, 'r')
  try {
    const { size } = await source.stat()
    const head = await readExactly(source, 0, Math.min(size, HEAD_BYTES))
    const found = formatOf(head)
    const format = options.format ?? (found.kind === 'foreign' ? undefined : found.kind)
    if (format === undefined) throw new UnfitImage(found.kind === 'foreign' ? found.reason : 'its format is not known')
    if (format === 'raw') return { format, ...(await importRaw(source, size, options)) }
    const fault = faultOf(decodeQcow2(head), options.mostBytes)
    if (fault !== undefined) throw new UnfitImage(fault)
    const { sizeBytes } = await checkQcow2(path, options.signal)
    if (sizeBytes > options.mostBytes) throw new UnfitImage(tooLarge(sizeBytes, options.mostBytes))
    const raw = join(options.workFolder, 'converted.raw')
    await convertToRaw(path, raw, sizeBytes, options.signal)
    const converted = await open(raw, 'r')
    try {
      return { format, ...(await importRaw(converted, (await converted.stat()).size, options)) }
    } finally {
      await converted.close()
    }
  } finally {
    await source.close()
  }
}

async function importRaw(handle: FileHandle, size: number, { folder, mostBytes, signal, onProgress }: ImportOptions): Promise<ImageFacts> {
  if (size === 0) throw new UnfitImage('it is empty')
  if (size % SECTOR !== 0)
    throw new UnfitImage(`it has ${size} bytes, which are no whole sectors of ${SECTOR}: it is cut short, or no disk`)
  if (size > mostBytes) throw new UnfitImage(tooLarge(size, mostBytes))
  return folder.keep(
    size,
    rawBlocks(handle, signal, (done) => onProgress(done, size)),
  )
}
