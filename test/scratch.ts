// Where tests make their files: in memory, where there is enough of it. A whole run makes some hundred databases, and waited for a disk
// with them for a fifth of its time.
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
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

/** With the process that made it. */
const NAME = /^hl-tests-(\d+)-/

/**
 * A folder for what they make, as open to everyone as /tmp; gone with all that is left in it by `remove`. What runs have left that were
 * killed goes, too: it would lie in memory until the machine's end.
 */
export function makeScratch(): Scratch {
  const parent = hasRoom() ? MEMORY : tmpdir()
  for (const name of readdirSync(parent)) {
    const [, pid] = NAME.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) remove(join(parent, name))
  }
  const folder = mkdtempSync(join(parent, `hl-tests-${process.pid}-`))
  chmodSync(folder, 0o1777)
  return { folder, remove: () => remove(folder) }
}

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 })
}

function hasRoom(): boolean {
  try {
    const { type, bavail, bsize } = statfsSync(MEMORY)
    return type === TMPFS && bavail * bsize >= ENOUGH
  } catch {
    return false
  }
}
