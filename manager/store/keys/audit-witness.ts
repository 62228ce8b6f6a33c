// What vouches for the audit log from outside its database: the key of its chain, and where the chain ended a moment ago. The latter may
// be behind, as after a crash, and is never ahead of what is on disk.
import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { Link } from '../../access/chain.ts'
import type { Tables } from '../schema.ts'
import { type ChainWitness, link, sealAudit } from '../tables/audit.ts'
import { keepSecret, readSecret } from './secrets.ts'

export const AUDIT_KEY = 'audit.key'
export const AUDIT_HEAD = 'audit.head'

/** Milliseconds that the file may be behind. */
const BEHIND = 1000

export interface AuditWitness extends ChainWitness {
  /** This entry is on disk. */
  wrote(entry: Link): void
  close(): Promise<void>
}

/** Base64 of 256 bits. */
export const newAuditKey = (): string => randomBytes(32).toString('base64')

/** Makes the key when there is none, and closes what was written before under it; for who holds the data. */
export async function keepAuditWitness(dataDir: string, db: Kysely<Tables>): Promise<AuditWitness> {
  if ((await readSecret(join(dataDir, 'keys', AUDIT_KEY))) === undefined) {
    const made = newAuditKey()
    // The seal first: with the key alone, what was there before would be taken for forged after a crash.
    await db.transaction().execute((transaction) => sealAudit(transaction, Buffer.from(made, 'base64')))
    await rm(join(dataDir, 'keys', AUDIT_HEAD), { force: true })
    await keepSecret(dataDir, AUDIT_KEY, () => made)
  }
  const witness = await visitAuditWitness(dataDir)
  if (!witness) throw new Error(`${dataDir}/keys/${AUDIT_KEY} went away while it was made`)
  return witness
}

/** Undefined where an older hostless, which has no key, works on the data. */
export async function visitAuditWitness(dataDir: string): Promise<AuditWitness | undefined> {
  const key = await readSecret(join(dataDir, 'keys', AUDIT_KEY))
  if (key === undefined) return undefined
  const path = join(dataDir, 'keys', AUDIT_HEAD)
  return new FileWitness(Buffer.from(key, 'base64'), path, await readHead(path))
}

class FileWitness implements AuditWitness {
  readonly key: Buffer
  readonly #path: string
  #newest: Link | undefined
  #kept: Link | undefined
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(key: Buffer, path: string, head: Link | undefined) {
    this.key = key
    this.#path = path
    this.#newest = head
    this.#kept = head
  }

  newest(): Link | undefined {
    return this.#newest
  }

  wrote(entry: Link): void {
    if (this.#newest && entry.seq <= this.#newest.seq) return
    this.#newest = entry
    this.#timer ??= setTimeout(() => void this.#keep(), BEHIND).unref()
  }

  async close(): Promise<void> {
    await this.#keep()
  }

  /** A disk that takes nothing leaves it behind, until the next entry. */
  #keep(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(async () => {
      const newest = this.#newest
      if (!newest || newest === this.#kept) return
      await writeHead(this.#path, newest).then(
        () => {
          this.#kept = newest
        },
        () => undefined,
      )
    })
    return this.#writing
  }
}

/** Written whole or not at all: throws where it is damaged. */
async function readHead(path: string): Promise<Link | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  return link.parse(JSON.parse(text))
}

async function writeHead(path: string, head: Link): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(head))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}
