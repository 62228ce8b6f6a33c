// Which of the files and programs that hostless takes from packages are there.
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Needed } from '../checks/programs.ts'

/** Where a service looks, too, whatever the PATH of who asks. */
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** By `what`. */
export async function readPrograms(needed: readonly Needed[]): Promise<ReadonlySet<string>> {
  const there = await Promise.all(needed.map(async ({ what }) => ((await isThere(what)) ? [what] : [])))
  return new Set(there.flat())
}

async function isThere(what: string): Promise<boolean> {
  return what.startsWith('/') ? may(what, constants.R_OK) : (await programIn(what)) !== undefined
}

/** Its path. */
export async function programIn(name: string): Promise<string | undefined> {
  for (const folder of FOLDERS) if (await may(join(folder, name), constants.X_OK)) return join(folder, name)
  return undefined
}

async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  )
}
