// What all benchmarks of one run share: the image generation that is served, held against changes by others, and the
// same root unpacked for the peer. All of it is in one folder under .lab that is gone when the run is, however it ends.

import { existsSync } from 'node:fs'
import { mkdir, realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { execa } from 'execa'
import { dataFolder, KEY_FILE, LAB } from '../lab/folders.ts'
import { borrowImage, buildImage, needsBuild } from '../lab/image.ts'
import { namespaceName, startGuard } from '../lab/namespace.ts'
import { ensureKey } from '../lab/ssh.ts'
import type { Teardown } from './teardown.ts'

export interface Workspace {
  readonly image: string
  readonly generation: string
  /** The generation's folder: xen, vmlinuz, initrd.img, root.tar and so on. */
  readonly files: string
  /** The root as plain files, unpacked when first asked for: what nfs-ganesha serves. */
  root(): Promise<string>
}

const SUITE = 'trixie'

/** How a run is ended from outside, what it then takes down, and where it tells how it goes on. */
export interface Course {
  readonly signal: AbortSignal
  readonly teardown: Teardown
  readonly say: (text: string) => void
}

/** `image` as in BenchOptions. Builds the lab's image when it is missing or its recipe has changed. */
export async function openWorkspace(image: string | undefined, { signal, teardown, say }: Course): Promise<Workspace> {
  if (image === undefined) {
    await ensureKey(KEY_FILE)
    if (await needsBuild(SUITE)) {
      say('Building the dom0 image first: about 4 minutes. It is kept for next time.')
      await teardown.during(buildImage(SUITE, signal))
    }
  }
  const folder = join(LAB, `bench-${process.pid}`)
  const guard = startGuard(namespaceName(process.pid), [folder])
  const close = teardown.add(() => guard.release())
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const borrowed = await borrowImage(image ?? dataFolder(SUITE), join(folder, 'data'))
    const files = await realpath(join(borrowed.dataDir, 'images', borrowed.name, 'published'))
    let unpacking: Promise<string> | undefined
    return {
      image: borrowed.name,
      generation: basename(files),
      files,
      root() {
        unpacking ??= teardown.during(unpack(join(files, 'root.tar'), join(folder, 'root'), signal, say))
        return unpacking
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Owners, modes, devices and extended attributes as the tar has them: the peer serves what we serve. */
async function unpack(tar: string, folder: string, signal: AbortSignal, say: (text: string) => void): Promise<string> {
  if (!existsSync(tar)) throw new Error(`${tar} is missing: the peer cannot be given this image`)
  say('Unpacking the root for the peer.')
  await mkdir(folder, { mode: 0o755 })
  const options = ['--extract', '--preserve-permissions', '--same-owner', '--numeric-owner', '--xattrs', '--xattrs-include=*']
  await execa('setpriv', ['--pdeathsig', 'TERM', 'tar', ...options, '--file', tar, '--directory', folder], { cancelSignal: signal })
  return folder
}
