// What `hostless install` and `uninstall` do to this machine: files in /etc, users, the ownership of the data, and systemd told of it.
import { chmod, lstat, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { applianceFolder, ownFolderPath } from '../../appliance/store/own-folder.ts'
import { keysFolder } from '../store/keys/folder.ts'
import { type Account, give, giveData } from '../store/ownership.ts'
import type { FoundFile, PlannedFile, Reached } from './plan.ts'
import { stateOf } from './stamp.ts'

export async function foundFiles(files: readonly PlannedFile[]): Promise<readonly FoundFile[]> {
  return Promise.all(files.map(async (file) => ({ ...file, state: stateOf(await textOf(file.path), file.content) })))
}

/** Whole, or as it was. */
export async function writeWhole({ path, content }: PlannedFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  const draft = `${path}.hostless-new`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', 0o644)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(draft, 0o644)
  await rename(draft, path)
}

/** Of files that are there. */
export async function reachedBy(files: readonly { readonly path: string; readonly what: string }[]): Promise<readonly Reached[]> {
  return Promise.all(
    files.map(async ({ path, what }) => {
      const parts = path.split('/').slice(1)
      const paths = ['/', ...parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)]
      return { path, what, way: await Promise.all(paths.map(async (one) => ({ path: one, mode: (await stat(one)).mode & 0o7777 }))) }
    }),
  )
}

/** Makes the users of a sysusers.d(5) file. Rejects with what the program says. */
export async function makeUsers(file: string): Promise<void> {
  await execa('systemd-sysusers', [file])
}

/** Undefined when there is none. From /etc/passwd, where system users are. */
export async function accountOf(user: string): Promise<Account | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((one) => one.startsWith(`${user}:`))
  const [, , uid, gid] = line?.split(':') ?? []
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) }
}

/**
 * Gives the data to the users of the services, as often as one likes: the data directory to the manager, whose keys/ the group of the
 * appliance may pass through; and what the appliance writes to it, in a folder of its own. `manager`: root, where none runs here.
 */
export async function settleData(dataDir: string, manager: Account, appliance: Account): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o755 })
  await give(dataDir, manager, 0o755)
  await mkdir(keysFolder(dataDir), { recursive: true, mode: 0o700 })
  await giveData(dataDir, manager, appliance.gid)
  const own = ownFolderPath(dataDir)
  await mkdir(join(own, 'keys'), { recursive: true, mode: 0o700 })
  for (const name of ['appliance.db-wal', 'appliance.db-shm', 'appliance.db', 'keys/nfs.key']) {
    if ((await isThere(join(dataDir, name))) && !(await isThere(join(own, name)))) await rename(join(dataDir, name), join(own, name))
    await give(join(own, name), appliance, 0o600)
  }
  await give(join(own, 'keys'), appliance, 0o700)
  await give(own, appliance, 0o700)
}

/** Whether an appliance works on what would be moved away under it. */
export async function isApplianceInTheWay(dataDir: string): Promise<boolean> {
  if (applianceFolder(dataDir) !== dataDir) return false
  const socket = join(dataDir, 'appliance.sock')
  if (!(await isThere(socket))) return false
  return new Promise((resolve) => {
    const probe = createConnection(socket)
    probe.once('connect', () => resolve(true))
    probe.once('error', () => resolve(false))
    probe.once('connect', () => probe.destroy())
  })
}

/** Whether this machine was booted by systemd: sd_booted(3). */
export async function isBootedBySystemd(): Promise<boolean> {
  return isThere('/run/systemd/system')
}

/** Rejects with what systemctl says. */
export async function systemctl(...args: readonly string[]): Promise<void> {
  await execa('systemctl', args)
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true })
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

export async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
