// Opens one generation for serving. Signature, sizes and the whole index are checked before it is served;
// the hashes of the big files afterwards (`check`), because mounted roots must not wait for them.
import { createHash } from 'node:crypto'
import { type FileHandle, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Export } from '../../appliance/nfs-server-lite/vfs.ts'
import type { Generation, ImageName } from '../../appliance/wire/generation.ts'
import { decodeIndex, IndexError } from '../index-codec.ts'
import { generationPath } from '../layout.ts'
import { COMPONENTS, type Component, type Manifest } from '../manifest.ts'
import type { IndexedTree } from '../tree.ts'
import { codeOf, hashOf, openRegular, readExactly, readSmall } from './files.ts'
import { readSignedManifest } from './signed.ts'

export interface Loaded {
  readonly kind: 'loaded'
  readonly manifest: Manifest
  readonly source: Export & { readonly tree: IndexedTree }
  readonly folder: string
  /** Changes with any of the files: by inode and ctime. */
  readonly identity: string
  /** Reads that are under way end first. */
  readonly close: () => Promise<void>
}

export type LoadResult = Loaded | { readonly kind: 'refused'; readonly reason: string }

/** Opens root.tar and keeps it open until `close`. */
export async function loadGeneration(dataDir: string, name: ImageName, generation: Generation): Promise<LoadResult> {
  const signed = await readSignedManifest(dataDir, name, generation)
  if (signed.kind === 'refused') return signed
  const { manifest } = signed
  const refused = (reason: string): LoadResult => ({ kind: 'refused', reason: `${name}@${generation}: ${reason}` })
  const folder = generationPath(dataDir, name, generation)
  const identity = await identityOf(folder)
  for (const component of COMPONENTS) {
    const expected = manifest.components[component]
    if (!expected) continue
    const size = await sizeOf(join(folder, component))
    if (size !== expected.size) return refused(`${component} has ${size ?? 'no'} bytes instead of ${expected.size}: import it again`)
  }
  const tree = await readIndex(join(folder, 'root.index'), manifest)
  if (typeof tree === 'string') return refused(tree)
  const tar = await openRegular(join(folder, 'root.tar'), Number.MAX_SAFE_INTEGER)
  if (tar.kind === 'refused') return refused(tar.reason)
  const source = { image: name, generation, tree, read: readerOf(tar.handle) }
  return { kind: 'loaded', manifest, source, folder, identity, close: () => tar.handle.close() }
}

/** Hashes every component. The first that is not what the manifest says, in words; undefined when all are. */
export async function checkComponents({ manifest, folder, source }: Loaded): Promise<string | undefined> {
  for (const component of COMPONENTS) {
    const expected = manifest.components[component]
    if (!expected) continue
    const fault = await faultOfComponent(join(folder, component), component, expected.sha256)
    if (fault !== undefined) return `${source.image}@${source.generation}: ${fault}`
  }
  return undefined
}

/** Empty when the generation is not there. */
export async function identityOf(folder: string): Promise<string> {
  const files = ['.', 'manifest.json', 'manifest.sig', ...COMPONENTS]
  const parts = await Promise.all(
    files.map((file) =>
      stat(join(folder, file), { bigint: true }).then(
        ({ ino, ctimeNs }) => `${ino}:${ctimeNs}`,
        () => '',
      ),
    ),
  )
  return parts.join(' ').trim()
}

async function faultOfComponent(path: string, component: Component, sha256: string): Promise<string | undefined> {
  try {
    const found = await hashOf(path)
    return found.sha256 === sha256 ? undefined : `${component} was altered (its hash is not the signed one): import it again`
  } catch (error) {
    return `${component} cannot be read (${codeOf(error)}): import it again`
  }
}

async function readIndex(path: string, manifest: Manifest): Promise<IndexedTree | string> {
  const expected = manifest.components['root.index']
  const bytes = await readSmall(path, expected.size)
  if (!bytes || createHash('sha256').update(bytes).digest('hex') !== expected.sha256) {
    return 'root.index was altered (its hash is not the signed one): import it again'
  }
  try {
    return decodeIndex(bytes, path)
  } catch (error) {
    if (error instanceof IndexError) return error.message
    throw error
  }
}

const readerOf =
  (handle: FileHandle) =>
  (position: number, length: number): Promise<Buffer> =>
    readExactly(handle, position, length)

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
}
