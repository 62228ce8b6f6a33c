// What a person is told when something could not be written. Pure.

const FULL: ReadonlySet<string> = new Set(['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'ENOSPC', 'EDQUOT'])

/** Why the disk did not take it, and what to do; of another failure, its own words. */
export function explainDisk(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (FULL.has(code)) return 'the disk is full: make room where dataDir lies'
  if (code.startsWith('SQLITE_IOERR')) return `the disk fails (${code}): look at the kernel's log`
  if (code === 'SQLITE_READONLY') return 'the database may only be read: mount the file system of dataDir writable'
  return error instanceof Error ? error.message : String(error)
}
