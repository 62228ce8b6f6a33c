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

/** xorriso 1.5.4 ends by SIGSEGV once in some thousand times, whatever it is given: seen on a busy machine. */
const TRIES = 3

/** Throws UnfitImage when the tool is not there, or cannot do it. */
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
    await pack(files, disk)
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

async function pack(files: string, disk: string): Promise<void> {
  const args = ['-no_rc', '-as', 'mkisofs', '-quiet', '-V', 'CIDATA', '-J', '-r', '-o', disk, files]
  for (let tries = 1; ; tries += 1) {
    const { code, failed, stderr } = await execa('xorriso', args, {
      env: { LC_ALL: 'C.UTF-8', SOURCE_DATE_EPOCH: String(MADE_AT), TZ: 'UTC' },
      stdin: 'ignore',
      reject: false,
      timeout: PATIENCE,
      maxBuffer: 1 << 20,
    })
    if (!failed) return
    if (code === 'ENOENT')
      throw new UnfitImage('seed disks are made by xorriso, which is not installed on the manager: apt-get install xorriso')
    if (tries === TRIES) throw new UnfitImage(`xorriso on the manager could not make a seed disk: ${stderr.trim().slice(-300)}`)
    await rm(disk, { force: true })
  }
}
