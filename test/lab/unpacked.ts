// An image's root.tar unpacked by GNU tar: the second reader that our own is compared with.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'

/** Needs root, for owners and device nodes. `only`: that of it, `usr/bin`. Gives the folder. */
export async function unpackRoot(generationFolder: string, into: string, only = ''): Promise<string> {
  await mkdir(into)
  const as = ['--numeric-owner', '--same-owner', '--preserve-permissions']
  await execa('tar', ['--extract', '--file', join(generationFolder, 'root.tar'), '--directory', into, ...as, `./${only}`])
  return into
}

/** Runs a command of listing.ts here. Rejects when it fails. */
export async function runHere([program = '', ...argv]: readonly string[]): Promise<string> {
  return (await execa(program, argv, { stripFinalNewline: false })).stdout
}

/**
 * Reads every file below `folder` of a root and prints one SHA-256 of all their bytes. On a node it begins with an empty page
 * cache, so that the bytes come from the server: `root` is / there.
 */
export function readCommand(root: string, folder: string): readonly string[] {
  const script = `[ "$1" != / ] || echo 3 >/proc/sys/vm/drop_caches
cd "$1" && find "$2" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum`
  return ['sh', '-c', script, 'sh', root, folder]
}
