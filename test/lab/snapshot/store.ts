// Where starting points are kept: a folder each below .lab/points, with a list of its files that is written last. Bounded in size.

import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { LAB } from '../folders.ts'
import { outdated } from './key.ts'

export const POINTS_FOLDER = join(LAB, 'points')
/** Of all points together. One of two hosts has about 500 MB. */
const MOST_BYTES = 4_000_000_000
/** Certificates of hosts and tokens of operators outlive it. */
const OLDEST_MS = 12 * 3_600_000
const LIST = 'point.json'

const listSchema = z.object({
  savedAt: z.number(),
  /** What whoever saved it wants to know again. */
  about: z.unknown(),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
})

type List = z.output<typeof listSchema>

/** `none`: never saved, or too old. `damaged`: not what was saved; it is gone now. */
export type Found =
  | { readonly kind: 'found'; readonly folder: string; readonly about: unknown }
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly reason: string }

/** Every byte of it is looked at. */
export async function findPoint(key: string, now: number, points = POINTS_FOLDER): Promise<Found> {
  const folder = join(points, key)
  const list = await readList(folder)
  if (list === undefined) return { kind: 'none' }
  const reason = list === 'damaged' ? `${LIST} is no list` : await firstDamage(folder, list)
  if (reason === undefined && list !== 'damaged') {
    return now - list.savedAt > OLDEST_MS ? { kind: 'none' } : { kind: 'found', folder, about: list.about }
  }
  await rm(folder, { recursive: true, force: true })
  return { kind: 'damaged', reason: reason ?? 'unreadable' }
}

/** `fill` writes the files into an empty folder, and gives what to say of them. There is all of it then, or nothing. */
export async function keepPoint(
  key: string,
  now: number,
  fill: (folder: string) => Promise<unknown>,
  points = POINTS_FOLDER,
): Promise<void> {
  const [folder, unfinished] = [join(points, key), join(points, `.${key}.${process.pid}`)]
  await sweepUnfinished(points)
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  try {
    const about = await fill(unfinished)
    const files: List['files'] = []
    for (const path of await filesBelow(unfinished)) {
      files.push({ path, bytes: (await stat(join(unfinished, path))).size, sha256: await sha256Of(join(unfinished, path)) })
    }
    await writeFile(join(unfinished, LIST), JSON.stringify({ savedAt: now, about, files } satisfies List))
    await rm(folder, { recursive: true, force: true })
    await rename(unfinished, folder)
    await makeRoom(key, points)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** What labs that are gone have left half written. Two labs may save at once. */
async function sweepUnfinished(points: string): Promise<void> {
  const isLeft = (name: string) => name.startsWith('.') && !existsSync(`/proc/${name.split('.').at(-1)}`)
  const names = await readdir(points).catch(() => [])
  for (const name of names.filter(isLeft)) await rm(join(points, name), { recursive: true, force: true })
}

async function makeRoom(key: string, points: string): Promise<void> {
  const names = (await readdir(points)).filter((name) => !name.startsWith('.'))
  const kept = await Promise.all(
    names.map(async (name) => {
      const list = await readList(join(points, name))
      const { files, savedAt } = list === undefined || list === 'damaged' ? { files: [], savedAt: 0 } : list
      return { key: name, savedAt, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }
    }),
  )
  const own = kept.find((one) => one.key === key)?.bytes ?? 0
  for (const name of outdated(kept, key, own, MOST_BYTES)) await rm(join(points, name), { recursive: true, force: true })
}

async function readList(folder: string): Promise<List | 'damaged' | undefined> {
  const text = await readFile(join(folder, LIST), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return listSchema.parse(JSON.parse(text))
  } catch {
    return 'damaged'
  }
}

async function firstDamage(folder: string, { files }: List): Promise<string | undefined> {
  const there = new Set(await filesBelow(folder))
  for (const { path, bytes, sha256 } of files) {
    if (!there.has(path)) return `${path} is missing`
    const { size } = await stat(join(folder, path))
    if (size !== bytes) return `${path} has ${size} bytes, ${bytes} were saved`
    if ((await sha256Of(join(folder, path))) !== sha256) return `${path} has other bytes than were saved`
  }
  return undefined
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  return files.filter((path) => path !== LIST).sort()
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
