// From a file that holds a kernel, and behind it perhaps an initrd, to two files that are kept. All of their blocks are kept, those of zeros,
// too: a host writes them to files in RAM as they come.
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { readExactly } from '../../../images/store/files.ts'
import { BLOCK_BYTES } from '../../protocol/disk-image.ts'
import { hasXenEntry, initrdFault, lookAtKernel, NO_ENTRY } from '../kernel.ts'
import { CALLED_OFF, UnfitImage } from '../unfit.ts'
import type { Block, ImageFacts } from './folder.ts'
import type { ImportOptions } from './import.ts'

export interface ImportedKernel extends ImageFacts {
  readonly format: 'kernel'
  readonly initrd: ImageFacts | undefined
}

/** Of a kernel that is unpacked to be looked at. */
const MOST_UNPACKED = 512 << 20
const HEAD_BYTES = 64

/** `kernelBytes`: the first of it; what is left is the initrd. Throws UnfitImage when it becomes none; nothing is kept then. */
export async function importKernel(path: string, kernelBytes: number, options: Omit<ImportOptions, 'format'>): Promise<ImportedKernel> {
  const source = await open(path, 'r')
  try {
    const { size } = await source.stat()
    await checkKernel(await readExactly(source, 0, kernelBytes))
    const initrdBytes = size - kernelBytes
    if (initrdBytes > 0) {
      const fault = initrdFault(await readExactly(source, kernelBytes, Math.min(HEAD_BYTES, initrdBytes)))
      if (fault !== undefined) throw new UnfitImage(fault)
    }
    const keep = (from: number, length: number, kind: 'kernel' | 'initrd') =>
      options.folder.keep(
        length,
        blocksOf(source, { from, length, signal: options.signal, onProgress: (done) => options.onProgress(from + done, size) }),
        kind,
      )
    const initrd = initrdBytes > 0 ? await keep(kernelBytes, initrdBytes, 'initrd') : undefined
    return { ...(await keep(0, kernelBytes, 'kernel')), format: 'kernel', initrd }
  } finally {
    await source.close()
  }
}

async function checkKernel(bytes: Buffer): Promise<void> {
  const look = lookAtKernel(bytes)
  if (look.kind === 'unfit') throw new UnfitImage(look.reason)
  // The others are not unpacked here: Xen tells of what lacks an entry when the guest is started.
  if (look.kind === 'fit' || look.by !== 'gzip') return
  const unpacked = await promisify(gunzip)(look.payload, { maxOutputLength: MOST_UNPACKED }).catch((error: unknown) => {
    throw new UnfitImage(`the payload of the bzImage cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`)
  })
  if (!hasXenEntry(unpacked)) throw new UnfitImage(NO_ENTRY)
}

interface Part {
  readonly from: number
  readonly length: number
  readonly signal: AbortSignal
  readonly onProgress: (done: number) => void
}

async function* blocksOf(source: FileHandle, { from, length, signal, onProgress }: Part): AsyncGenerator<Block> {
  for (let at = 0; at * BLOCK_BYTES < length; at += 1) {
    if (signal.aborted) throw new Error(CALLED_OFF)
    const size = Math.min(BLOCK_BYTES, length - at * BLOCK_BYTES)
    yield { at, bytes: await readExactly(source, from + at * BLOCK_BYTES, size) }
    onProgress(at * BLOCK_BYTES + size)
  }
}
