// Secrets of the manager on disk: made once, mode 0600, never replaced; whole or not there.
import { link, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { keepKeysFolder, SHARED_FILE } from './folder.ts'

/** `appliance`: its group may read it, where keys/ has one. */
export type Readers = 'owner' | 'appliance'

/** What `<dataDir>/keys/<name>` holds, made by `make` when it is not there. Rejects when others can read it. */
export async function keepSecret(dataDir: string, name: string, make: () => string, readers: Readers = 'owner'): Promise<string> {
  const folder = await keepKeysFolder(dataDir)
  const path = join(folder.path, name)
  const known = await readSecret(path, readers)
  if (known !== undefined) return known
  await writeOnce(path, make(), readers === 'appliance' && folder.isShared ? SHARED_FILE : 0o600)
  const kept = await readSecret(path, readers)
  if (kept === undefined) throw new Error(`${path} went away while it was made`)
  return kept
}

/** Undefined when it is not there. */
export async function readSecret(path: string, readers: Readers = 'owner'): Promise<string | undefined> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!stats) return undefined
  if ((stats.mode & (readers === 'appliance' ? 0o037 : 0o077)) !== 0)
    throw new Error(`${path} can be read by others (mode ${(stats.mode & 0o777).toString(8)}): chmod 600 it`)
  return readFile(path, 'utf8')
}

/** On disk when it resolves. What is there already, from another process too, stays as it is. */
export async function writeOnce(path: string, content: string, mode: number): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  await rm(draft, { force: true })
  const file = await open(draft, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
  const folder = await open(join(path, '..'), 'r')
  await folder.sync().finally(() => folder.close())
}
