// Secrets of the manager on disk: made once, mode 0600, never replaced; whole or not there.
import { chmod, link, mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What `<dataDir>/keys/<name>` holds, made by `make` when it is not there. Rejects when others can read it. */
export async function keepSecret(dataDir: string, name: string, make: () => string): Promise<string> {
  const folder = join(dataDir, 'keys')
  const path = join(folder, name)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700) // it may be from before
  const known = await readSecret(path)
  if (known !== undefined) return known
  await writeOnce(path, make(), 0o600)
  const kept = await readSecret(path)
  if (kept === undefined) throw new Error(`${path} went away while it was made`)
  return kept
}

/** Undefined when it is not there. */
export async function readSecret(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!stats) return undefined
  if ((stats.mode & 0o077) !== 0) throw new Error(`${path} can be read by others (mode ${(stats.mode & 0o777).toString(8)}): chmod 600 it`)
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
