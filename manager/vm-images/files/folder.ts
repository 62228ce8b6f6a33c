// Images of guests' disks on the manager's own disk, each in a folder named by its id: `blocks.json`, the list that the id is the hash
// of; `content`, its blocks; `image.json`, what both come to. Never changed: made beside, then renamed. Read by their owner only.
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../../appliance/wire/log.ts'
import { codeOf, readExactly, sync } from '../../../images/store/files.ts'
import { sweep, unfinishedPath } from '../../../images/store/unfinished.ts'
import { BLOCK_BYTES, imageId, MAX_LIST_BYTES, MOST_BLOCKS } from '../../protocol/disk-image.ts'
import { blockLength, decodeBlockList, encodeBlockList, sha256 } from '../block-list.ts'
import { CALLED_OFF, UnfitImage } from '../unfit.ts'

/** What is left to the database, which lies on the same disk. */
const RESERVE_BYTES = 512 << 20
/** Written between two waits for the disk. */
const FLUSH_BLOCKS = 64
const MOST_FINDINGS = 8

const facts = z.object({
  /** A seed is one guest's, and shown to nobody; kernels and initrds are what guests boot by. */
  kind: z.enum(['image', 'seed', 'kernel', 'initrd']),
  sizeBytes: z.int().positive(),
  blocks: z.int().nonnegative(),
  keptBytes: z.int().nonnegative(),
})

export interface ImageFacts extends z.output<typeof facts> {
  readonly id: string
}

export interface Block {
  /** Its number: it begins at `at` × BLOCK_BYTES. */
  readonly at: number
  readonly bytes: Buffer
}

export interface OpenFile {
  readonly handle: FileHandle
  readonly size: number
}

export interface Verifying {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, of: number) => void
}

export class ImageFolder {
  readonly path: string
  readonly #log: Log

  constructor(dataDir: string, log: Log) {
    this.path = join(dataDir, 'vm-images')
    this.#log = log
  }

  /** Takes away what a crash has left. */
  async open(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o700 })
    await sweep(this.path, this.#log)
  }

  /** A folder of the caller's own, gone after a crash. */
  async workFolder(): Promise<string> {
    const folder = await unfinishedPath(this.path)
    await mkdir(folder, { mode: 0o700 })
    return folder
  }

  /** `blocks`: in order, of a disk none of them all zero. Throws UnfitImage when there is no room; nothing is left then. */
  async keep(sizeBytes: number, blocks: AsyncIterable<Block>, kind: ImageFacts['kind'] = 'image'): Promise<ImageFacts> {
    const folder = await this.workFolder()
    try {
      const list: { at: number; sha256: string }[] = []
      let keptBytes = 0
      const content = await open(join(folder, 'content'), 'wx', 0o600)
      try {
        for await (const { at, bytes } of blocks) {
          if (list.length === MOST_BLOCKS) throw new UnfitImage(`it has more than ${MOST_BLOCKS >> 10} GiB that are not zero`)
          if (list.length % FLUSH_BLOCKS === 0) {
            await content.datasync()
            await this.checkRoom(FLUSH_BLOCKS * BLOCK_BYTES)
          }
          list.push({ at, sha256: sha256(bytes) })
          await content.writev([bytes])
          keptBytes += bytes.length
        }
        await content.sync()
      } finally {
        await content.close()
      }
      const { id, bytes } = encodeBlockList({ kind: 'hostless-disk', sizeBytes, blocks: list })
      if (bytes.length > MAX_LIST_BYTES) throw new UnfitImage(`the list of its blocks has more than ${MAX_LIST_BYTES} bytes`)
      await this.#write(join(folder, 'blocks.json'), bytes)
      const known = { kind, sizeBytes, blocks: list.length, keptBytes }
      await this.#write(join(folder, 'image.json'), Buffer.from(JSON.stringify(known)))
      await sync(folder)
      await this.#put(folder, id)
      return { id, ...known }
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw codeOf(error) === 'ENOSPC' ? new UnfitImage(noRoom(this.path)) : error
    }
  }

  /** Throws UnfitImage when so many bytes more would leave too little to the database. */
  async checkRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.path)
    if (bavail * bsize < bytes + RESERVE_BYTES) throw new UnfitImage(noRoom(this.path))
  }

  /** But for seeds. */
  async all(): Promise<readonly ImageFacts[]> {
    return (await this.#kept()).filter(({ kind }) => kind !== 'seed')
  }

  /** `made`: milliseconds since the epoch. */
  async seeds(): Promise<readonly { readonly id: string; readonly made: number }[]> {
    const seeds = (await this.#kept()).filter(({ kind }) => kind === 'seed')
    return Promise.all(seeds.map(async ({ id }) => ({ id, made: (await stat(this.#file(id, 'image.json'))).mtimeMs })))
  }

  /** Undefined: there is none such. */
  async facts(id: string): Promise<ImageFacts | undefined> {
    try {
      return { id, ...facts.parse(JSON.parse(await readFile(this.#file(id, 'image.json'), 'utf8'))) }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw new Error(`image ${id}: its image.json cannot be read`, { cause: error })
    }
  }

  /** The caller closes it. */
  async openFile(id: string, name: 'blocks.json' | 'content'): Promise<OpenFile> {
    const handle = await open(this.#file(id, name), constants.O_RDONLY | constants.O_NOFOLLOW)
    return { handle, size: (await handle.stat()).size }
  }

  /** What is wrong with it, at most some of that; none: every block is as it was kept. `onProgress`: bytes. Throws where it is called off. */
  async verify(id: string, { signal, onProgress }: Verifying = {}): Promise<readonly string[]> {
    const bytes = await readFile(this.#file(id, 'blocks.json'))
    if (sha256(bytes) !== id) return ['the list of its blocks has changed']
    const list = decodeBlockList(bytes)
    if (!list) return ['the list of its blocks cannot be read']
    const { handle, size } = await this.openFile(id, 'content')
    const findings: string[] = []
    try {
      let position = 0
      for (const { at, sha256: wanted } of list.blocks) {
        if (signal?.aborted) throw new Error(CALLED_OFF)
        const length = blockLength(list.sizeBytes, at)
        if (position + length > size) return [...findings, `its content ends at byte ${size}: block ${at} and what follows are missing`]
        if (sha256(await readExactly(handle, position, length)) !== wanted) findings.push(`block ${at} has changed`)
        if (findings.length === MOST_FINDINGS) return [...findings, 'and perhaps more']
        position += length
        onProgress?.(position, size)
      }
      return position === size ? findings : [...findings, `its content has ${size - position} bytes too many`]
    } finally {
      await handle.close()
    }
  }

  async #kept(): Promise<readonly ImageFacts[]> {
    const names = (await readdir(this.path)).filter((name) => imageId.safeParse(name).success)
    const found = await Promise.all(names.sort().map((id) => this.facts(id)))
    return found.flatMap((each) => each ?? [])
  }

  async remove(id: string): Promise<void> {
    const doomed = await unfinishedPath(this.path)
    try {
      await rename(join(this.path, imageId.parse(id)), doomed)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return
      throw error
    }
    await sync(this.path)
    await rm(doomed, { recursive: true, force: true })
  }

  /** One that is there already gives way: it may be damaged, and who reads it goes on reading. */
  async #put(folder: string, id: string): Promise<void> {
    await this.remove(id)
    await rename(folder, join(this.path, id))
    await sync(this.path)
  }

  async #write(path: string, bytes: Buffer): Promise<void> {
    await writeFile(path, bytes, { flag: 'wx', mode: 0o600, flush: true })
  }

  /** Throws for what is no id: no path comes from outside. */
  #file(id: string, name: string): string {
    return join(this.path, imageId.parse(id), name)
  }
}

function noRoom(path: string): string {
  return `there is too little room under ${path}: remove images that no guest needs, or give the manager a larger disk`
}
