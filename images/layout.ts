// Where things lie below the data directory: <dataDir>/images/<name>/<generation>/ and <dataDir>/keys/.
import { join } from 'node:path'
import type { Generation, ImageName } from '../appliance/wire/generation.ts'

/** Everything below it belongs to the image store. */
export const imagesPath = (dataDir: string): string => join(dataDir, 'images')
export const imagePath = (dataDir: string, name: ImageName): string => join(imagesPath(dataDir), name)
export const generationPath = (dataDir: string, name: ImageName, generation: Generation): string =>
  join(imagePath(dataDir, name), generation)
/** The symlink to the published generation, a bare generation id. */
export const publishedPath = (dataDir: string, name: ImageName): string => join(imagePath(dataDir, name), 'published')
export const keysPath = (dataDir: string): string => join(dataDir, 'keys')

/** Beginning of the names of unfinished work; what remains of it after a crash is swept. */
export const UNFINISHED = '.unfinished-'
