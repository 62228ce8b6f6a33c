// Who may read the keys of the data directory; and the certificate among them. No key is read.
import { X509Certificate } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AUTHORITY_CERTIFICATE } from '../../store/keys/authority.ts'
import type { Certificate } from '../checks/certificates.ts'
import type { KeyFile, SeenKeys } from '../checks/keys.ts'
import { type Reading, read, unread } from '../finding.ts'

export async function readKeys(folder: string): Promise<Reading<SeenKeys>> {
  try {
    const above = await ifThere(stat(join(folder, '..')))
    const own = await ifThere(stat(folder))
    if (!above || !own) return read({ folder, owner: above?.uid ?? 0, files: undefined })
    const facts = async (name: string): Promise<KeyFile> => {
      const { mode, uid, gid } = await stat(join(folder, name))
      return { name, mode: mode & 0o7777, uid, gid }
    }
    const files = await Promise.all(['', ...(await readdir(folder))].map(facts))
    return read({ folder, owner: above.uid, files })
  } catch (error) {
    return unreadable(error)
  }
}

/** Undefined when there is none. */
export async function readCertificate(dataDir: string): Promise<Reading<Certificate | undefined>> {
  const file = join(dataDir, 'keys', AUTHORITY_CERTIFICATE)
  try {
    const pem = await ifThere(readFile(file))
    if (!pem) return read(undefined)
    const { validFrom, validTo } = new X509Certificate(pem)
    return read({ file, from: Date.parse(validFrom), until: Date.parse(validTo) })
  } catch (error) {
    return unreadable(error)
  }
}

async function ifThere<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  return asked.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function unreadable<Value>(error: unknown): Reading<Value> {
  const { code, message } = error as NodeJS.ErrnoException
  return unread(message, code === 'EACCES' ? 'run hostless doctor as root' : undefined)
}
