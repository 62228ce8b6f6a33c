// The one-time link for the first admin, in a file that only the manager's own user can read: logs are read by more people, and are kept.
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

export const firstAdminPath = (dataDir: string): string => join(dataDir, 'first-admin.link')

/** In the place of the one before. Resolves with the path. */
export async function keepFirstAdminLink(dataDir: string, link: string): Promise<string> {
  const path = firstAdminPath(dataDir)
  await rm(`${path}.new`, { force: true })
  const file = await open(`${path}.new`, 'wx', 0o600)
  try {
    await file.writeFile(`${link}\n`)
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
  return path
}

export async function dropFirstAdminLink(dataDir: string): Promise<void> {
  await rm(firstAdminPath(dataDir), { force: true })
}
