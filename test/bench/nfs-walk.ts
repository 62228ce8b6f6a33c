// Walks a whole export by READDIRPLUS, as a client that has nothing cached does, and keeps what the loads need.

import { readListing } from '../appliance/nfs-server-lite/wire.ts'
import { type NfsConnection, readdirplus, resultOf } from './nfs-client.ts'

export interface WalkedFile {
  readonly path: string
  readonly directory: Buffer
  readonly name: Buffer
  readonly handle: Buffer
  /** ftype3 (RFC 1813 section 2.3.5): 1 is a regular file, 2 a directory. */
  readonly type: number
  readonly size: number
}

const DIRECTORY = 2

/** Every file below `root`, sorted by path: two servers of one tree give the same list. Rejects on an entry without handle or attributes. */
export async function walk(connection: NfsConnection, root: Buffer): Promise<readonly WalkedFile[]> {
  const found: WalkedFile[] = []
  const pending = [{ handle: root, path: '' }]
  for (let next = pending.pop(); next; next = pending.pop()) {
    for (const file of await list(connection, next.handle, next.path)) {
      found.push(file)
      if (file.type === DIRECTORY) pending.push(file)
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function list(connection: NfsConnection, directory: Buffer, path: string): Promise<readonly WalkedFile[]> {
  const files: WalkedFile[] = []
  let [cookie, verifier] = [0n, 0n]
  for (;;) {
    const result = resultOf(await connection.send(readdirplus(directory, cookie, verifier)))
    const status = result.u32('nfsstat3')
    if (status !== 0) throw new Error(`READDIRPLUS of ${path || '/'}: nfsstat3 ${status}`)
    const listing = readListing(result, 'plus')
    for (const { name, handle, attributes, cookie: at } of listing.entries) {
      cookie = at
      if (name.equals(Buffer.from('.')) || name.equals(Buffer.from('..'))) continue
      const file = `${path}/${name.toString('latin1')}`
      if (!handle || !attributes) throw new Error(`READDIRPLUS gives no handle or no attributes of ${file}`)
      files.push({ path: file, directory, name, handle, type: attributes.type ?? 0, size: Number(attributes.size) })
    }
    verifier = listing.verifier
    if (listing.eof) return files
  }
}
