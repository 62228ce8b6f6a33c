// keys/ of the data directory. It is closed to all but its owner; where `hostless install` has given it a group with the setgid bit, that
// of the appliance's user, this group may pass through it and read what is its own to read: site.key and the public files.
import { chmod, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

const SETGID = 0o2000
/** Permission bits of the folder. */
export const SHARED_FOLDER = SETGID | 0o710
const CLOSED_FOLDER = 0o700
/** Permission bits of what is the appliance's, too. */
export const SHARED_FILE = 0o640

export const keysFolder = (dataDir: string): string => join(dataDir, 'keys')

export interface KeysFolder {
  readonly path: string
  /** Whether the appliance has a user of its own. */
  readonly isShared: boolean
}

/** Made when it is not there, and closed to whom it is not for: it may be from before. */
export async function keepKeysFolder(dataDir: string): Promise<KeysFolder> {
  const path = keysFolder(dataDir)
  await mkdir(path, { recursive: true, mode: CLOSED_FOLDER })
  const mode = (await stat(path)).mode & 0o7777
  const isShared = (mode & SETGID) !== 0
  const wanted = isShared ? SHARED_FOLDER : CLOSED_FOLDER
  // Not where nothing is to be changed: who is not in the folder's group would take the setgid bit away by it.
  if (mode !== wanted) await chmod(path, wanted)
  return { path, isShared }
}
