// Files that only their owner reads.
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'

/** Of a database: what SQLite keeps beside it has hashes and secrets, too. Whatever mode an older hostless left, only its owner reads it. */
export function keepPrivate(file: string): void {
  // By its name, once it is there: to close it would end the locks that this process has on it.
  if (existsSync(file)) chmodSync(file, 0o600)
  else closeSync(openSync(file, 'a', 0o600))
  for (const beside of ['-wal', '-shm'].map((suffix) => `${file}${suffix}`)) if (existsSync(beside)) chmodSync(beside, 0o600)
}
