// Where our own files lie (templates, recipes), whether we run from the sources or from what `npm run build` made of them.
import { basename, dirname } from 'node:path'

/** `folder`: import.meta.dirname of the caller, which lies `depth` folders below the root. */
export function packageRoot(folder: string, depth: number): string {
  let root = folder
  for (let level = 0; level < depth; level++) root = dirname(root)
  return basename(root) === 'dist' ? dirname(root) : root
}
