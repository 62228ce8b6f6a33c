// Disks to try images with: raw files that are zero but for what a test puts into them, in a folder that goes with the test.
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { ImageFolder } from '../../../manager/vm-images/files/folder.ts'
import { type Imported, type ImportOptions, importFile } from '../../../manager/vm-images/files/import.ts'
import { collectingLog } from '../../appliance/wire/collecting-log.ts'

export const MIB = 1 << 20

export interface Bench {
  readonly dataDir: string
  readonly folder: ImageFolder
  /** A path beside the images. */
  readonly path: (name: string) => string
}

export async function bench(t: ExecutionContext): Promise<Bench> {
  const dataDir = await mkdtemp(join(tmpdir(), 'hostless-vm-images-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const folder = new ImageFolder(dataDir, collectingLog().log)
  await folder.open()
  return { dataDir, folder, path: (name) => join(dataDir, name) }
}

export type Filled = readonly [at: number, text: string]

/** `texts`: what stands at which byte. */
export async function writeDisk(path: string, sizeBytes: number, texts: readonly Filled[]): Promise<string> {
  const file = await open(path, 'w')
  try {
    await file.truncate(sizeBytes)
    for (const [at, text] of texts) await file.write(text, at)
  } finally {
    await file.close()
  }
  return path
}

export function importInto({ dataDir, folder }: Bench, path: string, options: Partial<ImportOptions> = {}): Promise<Imported> {
  const signal = new AbortController().signal
  return importFile(path, { folder, workFolder: dataDir, mostBytes: 1024 * MIB, signal, onProgress: () => {}, ...options })
}

export async function readPart(folder: ImageFolder, id: string, name: 'blocks.json' | 'content'): Promise<Buffer> {
  const { handle } = await folder.openFile(id, name)
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}
