// Room of the data directory, and the time of an fsync in it: a small file that is written, and removed again.
import { open, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Disk } from '../checks/disk.ts'
import { type Reading, read, unread } from '../finding.ts'

const TRIES = 15
const BYTES = 4096

export async function readDisk(dataDir: string): Promise<Reading<Disk>> {
  try {
    const path = await nearest(dataDir)
    const { bavail, bsize, blocks, files, ffree } = await statfs(path)
    const tried = await fsyncsIn(path)
    return read({ free: bavail * bsize, size: blocks * bsize, freeFiles: files > 0 ? ffree : undefined, path, ...tried })
  } catch (error) {
    return unread(error instanceof Error ? error.message : String(error))
  }
}

async function nearest(path: string): Promise<string> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && path !== '/') return undefined
    throw error
  })
  return stats ? path : nearest(dirname(path))
}

async function fsyncsIn(folder: string): Promise<Pick<Disk, 'fsyncs' | 'untried'>> {
  const path = join(folder, `.hostless-doctor-${process.pid}`)
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => error)
  if (file instanceof Error) return { fsyncs: [], untried: `no file can be made there: ${file.message}` }
  try {
    const fsyncs: number[] = []
    for (let time = 0; time < TRIES; time++) {
      await file.write(Buffer.alloc(BYTES, time), 0, BYTES, time * BYTES)
      const from = performance.now()
      await file.sync()
      fsyncs.push(performance.now() - from)
    }
    return { fsyncs, untried: undefined }
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}
