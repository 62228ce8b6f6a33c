// A seed as a disk: its files on an ISO 9660 file system, kept beside the images, read by hosts as they are, and shown to nobody.
import { mkdir, open, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { type SeedSpec, seedFiles } from '../seed.ts'
import { UnfitImage } from '../unfit.ts'
import type { ImageFacts, ImageFolder } from './folder.ts'
import { rawBlocks } from './raw.ts'

/** ms. */
const PATIENCE = 60_000
/** Seconds since the epoch: the same seed is the same image, however often it is made. */
const MADE_AT = 1_735_689_600

/** Throws UnfitImage when the tool is not there. */
export async function makeSeed(folder: ImageFolder, spec: SeedSpec): Promise<Pick<ImageFacts, 'id' | 'sizeBytes'>> {
  const work = await folder.workFolder()
  try {
    const files = join(work, 'files')
    await mkdir(files, { mode: 0o700 })
    for (const { name, text } of seedFiles(spec)) {
      await writeFile(join(files, name), text, { mode: 0o600 })
      await utimes(join(files, name), MADE_AT, MADE_AT)
    }
    await utimes(files, MADE_AT, MADE_AT)
    const disk = join(work, 'seed.iso')
    const args = ['-as', 'mkisofs', '-quiet', '-V', 'CIDATA', '-J', '-r', '-o', disk, files]
    const { code, failed, stderr } = await execa('xorriso', ['-no_rc', ...args], {
      env: { LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: String(MADE_AT), TZ: 'UTC' },
      stdin: 'ignore',
      reject: false,
      timeout: PATIENCE,
      maxBuffer: 1 << 20,
    })
    if (code === 'ENOENT')
      throw new UnfitImage('seed disks are made by xorriso, which is not installed on the manager: apt-get install xorriso')
    if (failed) throw new Error(`xorriso could not make a seed disk: ${stderr.slice(0, 300)}`)
    const handle = await open(disk, 'r')
    try {
      const blocks = rawBlocks(handle, new AbortController().signal, () => {})
      const { id, sizeBytes } = await folder.keep((await handle.stat()).size, blocks, 'seed')
      return { id, sizeBytes }
    } finally {
      await handle.close()
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
