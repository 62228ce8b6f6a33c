// Files that a request writes on this machine.
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Files } from '../requests/world.ts'

export const machineFiles: Files = {
  async write(path, content, mode) {
    const draft = `${path}.new`
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    await rm(draft, { force: true })
    // The mode before the content: nobody reads a secret in between.
    await writeFile(draft, '', { mode, flag: 'wx' })
    await chmod(draft, mode)
    await writeFile(draft, content)
    await rename(draft, path)
  },
  remove: (path) => rm(path, { force: true }),
}
