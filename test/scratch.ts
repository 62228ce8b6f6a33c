// Where tests make their files: in memory, where there is enough of it. A whole run makes some hundred databases, and waited for a disk
// with them for a fifth of its time.
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
/** statfs(2), linux/magic.h. */
const TMPFS = 0x01021994
/** Bytes that must be free there: several times what is there at one time. */
const ENOUGH = 6 * 2 ** 30

export interface Scratch {
  readonly folder: string
  readonly remove: () => void
}

/** A folder for what they make, as open to everyone as /tmp; gone with all that is left in it by `remove`. */
export function makeScratch(): Scratch {
  const folder = mkdtempSync(join(hasRoom() ? MEMORY : tmpdir(), 'hl-'))
  chmodSync(folder, 0o1777)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 20 }) }
}

function hasRoom(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(MEMORY)
    return type === TMPFS && bavail * bsize >= ENOUGH
  } catch {
    return false
  }
}
