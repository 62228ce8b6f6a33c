// Small files of the appliance on disk: a secret made once, and what TFTP sends.
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'

const NFS_KEY_BYTES = 32

/** The key that filehandles are signed with: made in `keys/` of this folder at the first start, mode 0600. All appliances of a site share it. Throws when it is damaged. */
export async function nfsKey(ownFolder: string): Promise<Buffer> {
  const folder = join(ownFolder, 'keys')
  const file = join(folder, 'nfs.key')
  const known = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (known && known.length !== NFS_KEY_BYTES) {
    throw new Error(
      `${file} has ${known.length} bytes instead of ${NFS_KEY_BYTES}: restore it from a backup; without it running hosts lose their root`,
    )
  }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700) // it may be from before
  if (known) {
    await chmod(file, 0o600)
    return known
  }
  const key = randomBytes(NFS_KEY_BYTES)
  const fresh = await open(`${file}.new`, 'w', 0o600)
  try {
    await fresh.writeFile(key)
    await fresh.sync()
  } finally {
    await fresh.close()
  }
  await rename(`${file}.new`, file)
  return key
}

export interface OpenedFile {
  readonly kind: 'file'
  /** The same for the same content: what tells one file on disk from another, and from itself when it was changed. */
  readonly identity: string
  /** Bytes. */
  readonly size: number
  /** Exactly `length` bytes, else it rejects. */
  read(position: number, length: number): Promise<Buffer>
  close(): Promise<void>
}

/** Undefined when there is no such regular file. */
export async function openRegular(path: string): Promise<OpenedFile | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return undefined
  const stats = await file.stat({ bigint: true })
  if (!stats.isFile()) {
    await file.close()
    return undefined
  }
  return {
    kind: 'file',
    identity: [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join('-'),
    size: Number(stats.size),
    read: async (position, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position)
      if (bytesRead !== length) throw new Error(`${path} ended at byte ${position + bytesRead}`)
      return buffer
    },
    close: () => file.close(),
  }
}
