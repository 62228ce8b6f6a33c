// The symlink that says which generation of an image new boots get. Resolved each time it is asked for.
import { readlink, rename, symlink } from 'node:fs/promises'
import { type Generation, type ImageName, parseGeneration } from '../../appliance/wire/generation.ts'
import { imagePath, publishedPath } from '../layout.ts'
import { codeOf, sync } from './files.ts'
import { unfinishedPath } from './unfinished.ts'

/** Undefined while nothing is published. Whether the generation is sound is not looked at. */
export async function readPublished(dataDir: string, name: ImageName): Promise<Generation | undefined> {
  try {
    return parseGeneration(await readlink(publishedPath(dataDir, name)))
  } catch (error) {
    if (['ENOENT', 'EINVAL', 'ENOTDIR'].includes(codeOf(error))) return undefined
    throw error
  }
}

/** Old or new, never neither: a new symlink takes the place of the old one by a rename, and is on disk when it resolves. */
export async function writePublished(dataDir: string, name: ImageName, generation: Generation): Promise<void> {
  const folder = imagePath(dataDir, name)
  const draft = await unfinishedPath(folder)
  await symlink(generation, draft)
  await rename(draft, publishedPath(dataDir, name))
  await sync(folder)
}
