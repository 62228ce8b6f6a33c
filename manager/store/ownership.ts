// The manager runs as a user of its own (`hostless install`), and root works on its data by commands: what root makes there is given to
// who owns the data directory, else the manager could not open it any more. That user may put links where root looks: each file and folder
// is opened without following one, and changed by its descriptor.
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AUTHORITY_CERTIFICATE, SITE_SECRET } from './keys/authority.ts'
import { keysFolder, SHARED_FILE, SHARED_FOLDER } from './keys/folder.ts'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** What the manager makes in its data directory: its database with what lies beside it, a restore, images of guests' disks, a link. */
const MANAGERS = /^(manager\.|restore\.|vm-images$|first-admin\.link)/
/** Of who builds images, which is root. */
const BUILDERS = /^image\.(key|pub)$/
/** Of the appliance, where it has no folder of its own. */
const APPLIANCES = 'nfs.key'

/** Does nothing where root itself runs the manager, or does not ask. */
export async function giveToOwner(dataDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const owner = await stat(dataDir).catch(() => undefined)
  if (owner && owner.uid !== 0) await giveData(dataDir, owner)
}

/** All that is the manager's to `owner`. keys/ keeps its group, or gets `keysGroup`, with what the appliance reads of it. */
export async function giveData(dataDir: string, owner: Account, keysGroup?: number): Promise<void> {
  await within(dataDir, async (inside) => {
    for (const name of await readdir(inside)) if (MANAGERS.test(name)) await giveAll(join(inside, name), owner)
  })
  await within(keysFolder(dataDir), async (inside, folder) => {
    const { mode, gid } = await folder.stat()
    const isShared = keysGroup !== undefined || (mode & SHARED_FOLDER & ~0o777) !== 0
    const group = keysGroup ?? gid
    await folder.chown(owner.uid, isShared ? group : owner.gid)
    if (isShared) await folder.chmod(SHARED_FOLDER) // to change the owner takes the setgid bit away
    for (const name of await readdir(inside)) {
      if (BUILDERS.test(name) || name === APPLIANCES) continue
      const isAppliancesToo = isShared && (name === SITE_SECRET || name === AUTHORITY_CERTIFICATE)
      const mode = isAppliancesToo && name === SITE_SECRET ? SHARED_FILE : undefined
      await give(join(inside, name), { uid: owner.uid, gid: isAppliancesToo ? group : owner.gid }, mode)
    }
  })
}

/** A file or folder that is there, and no link. `mode`: its permission bits from now on. */
export async function give(path: string, { uid, gid }: Account, mode?: number): Promise<void> {
  const file = await openItself(path)
  if (!file) return
  try {
    const stats = await file.stat()
    // A file of several names may be another's, that somebody has put here to get it.
    if (!stats.isDirectory() && stats.nlink !== 1) return
    await file.chown(uid, gid)
    if (mode !== undefined) await file.chmod(mode)
  } finally {
    await file.close()
  }
}

async function giveAll(path: string, account: Account): Promise<void> {
  await within(path, async (inside) => {
    for (const name of await readdir(inside)) await giveAll(join(inside, name), account)
  })
  await give(path, account)
}

/** Calls with a path of the folder that stays its, whatever is put in its place meanwhile; not where it is none, or a link to one. */
async function within(path: string, act: (inside: string, folder: FileHandle) => Promise<void>): Promise<void> {
  const folder = await openItself(path, constants.O_DIRECTORY)
  if (!folder) return
  try {
    await act(`/proc/self/fd/${folder.fd}`, folder)
  } finally {
    await folder.close()
  }
}

/** Undefined for what is not there, a link, a socket, or where a folder was wanted something else. */
async function openItself(path: string, more = 0): Promise<FileHandle | undefined> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | more).catch((error: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO'].includes(error.code ?? '')) return undefined
    throw error
  })
}
